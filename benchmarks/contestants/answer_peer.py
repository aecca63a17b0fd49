"""Answers of the peers. Arguments: the test images, the weights or the model file, the peer, how, images to check.

The peers and how they are asked: `onnxruntime` (`defaults` or `one-thread`), `keras` (`predict` or `call`), `torch`,
`sklearn`. All but ONNX Runtime get their pixels as float32 that was divided by 255 beforehand, so that only the network
is timed.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import contest

# Images -> one number for each class, the answer's the highest; and what it is made of.
Peer = tuple[Callable[[NDArray[Any]], NDArray[Any]], tuple[str, ...]]


def open_onnxruntime(model: str, way: str) -> Peer:
    """The bare session, on the same file as ours."""
    session = contest.onnx_session(model, 1 if way == "one-thread" else 0)
    return lambda images: session.run(["probabilities"], {"images": images})[0], ("onnxruntime",)


def open_keras(weights: str, way: str) -> Peer:
    """`predict`, or the call of the model, on the backend that KERAS_BACKEND names."""
    import keras  # noqa: PLC0415 - only one of the peers is there

    layers = [keras.layers.Dense(size, activation="relu") for size in contest.HIDDEN_SIZES]
    model = keras.Sequential([keras.Input((784,)), *layers, keras.layers.Dense(10, activation="softmax")])
    model.set_weights(weights_of(weights))
    versions = ("keras", keras.backend.backend())
    if way == "predict":
        return lambda images: model.predict(images, verbose=0), versions
    return lambda images: np.asarray(model(images, training=False)), versions


def open_torch(weights: str, _: str) -> Peer:
    """In evaluation mode, without gradients."""
    import torch  # noqa: PLC0415 - only one of the peers is there

    layers: list[Any] = []
    values = weights_of(weights)
    for kernel, bias in zip(values[::2], values[1::2], strict=True):
        layer = torch.nn.Linear(*kernel.shape)
        layer.load_state_dict({"weight": torch.from_numpy(kernel.T.copy()), "bias": torch.from_numpy(bias)})
        layers += [layer, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1], torch.nn.Softmax(dim=1)).eval()

    def scores(images: NDArray[Any]) -> NDArray[Any]:
        with torch.no_grad():
            return model(torch.from_numpy(images)).numpy()

    return scores, ("torch",)


def open_sklearn(weights: str, _: str) -> Peer:
    """An MLPClassifier, which is made by learning a little and then gets the weights."""
    from sklearn.neural_network import MLPClassifier  # noqa: PLC0415 - only one of the peers is there

    model = MLPClassifier(contest.HIDDEN_SIZES)
    model.partial_fit(np.zeros((10, 784), np.float32), np.arange(10), classes=np.arange(10))
    values = weights_of(weights)
    model.coefs_, model.intercepts_ = values[::2], values[1::2]
    return model.predict_proba, ("scikit-learn",)


PEERS = {"onnxruntime": open_onnxruntime, "keras": open_keras, "torch": open_torch, "sklearn": open_sklearn}


def weights_of(path: str) -> list[NDArray[Any]]:
    """Kernel and bias of each layer, in order."""
    arrays = contest.load_arrays(path)
    return [arrays[f"arr_{number}"] for number in range(len(arrays))]


def prepare() -> tuple[contest.Respond, contest.Answer]:
    """Open, and measure the accuracy on the test images."""
    data, model, peer, way, checked = sys.argv[1:6]
    scores, versions = PEERS[peer](model, way)
    arrays, few = contest.load_arrays(data), int(checked)
    images = arrays["x_test"] if peer == "onnxruntime" else contest.pixels(arrays["x_test"])
    accuracy = float((scores(images[:few]).argmax(axis=1) == arrays["y_test"][:few]).mean())
    ready = {"versions": contest.versions_of(*versions, "numpy"), "accuracy": accuracy}
    return contest.answer_repeatedly(scores, images), ready


contest.serve(prepare)
