import subprocess
import sys

import digitnet.datasets
from digitnet.datasets import bundled, dataset, image_stream, sources, splits


def test_public_names() -> None:
    assert sorted(digitnet.datasets.__all__) == [
        "Dataset",
        "DatasetPair",
        "OnBadPicture",
        "load_mnist",
        "load_source",
        "stream_images",
        "train_validation_split",
    ]
    assert digitnet.datasets.Dataset is dataset.Dataset
    assert digitnet.datasets.load_mnist is bundled.load_mnist
    assert digitnet.datasets.load_source is sources.load_source
    assert digitnet.datasets.stream_images is image_stream.stream_images
    assert digitnet.datasets.train_validation_split is splits.train_validation_split


def test_importing_is_light() -> None:
    # In a process of its own, because other tests have loaded everything into this one.
    code = "import sys, digitnet.datasets; print(sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.replace("'", "").strip("[]\n").split(", "))
    assert {"digitnet", "numpy"} <= loaded
    assert not loaded & {"PIL", "cv2", "jax", "keras", "matplotlib", "onnx", "onnxruntime", "scipy"}
