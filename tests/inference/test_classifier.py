"""Classifier on a network small enough to work out with NumPy."""

import dataclasses
import io
import json
import os
import platform
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from digitnet.arrays import AnyArray, GrayPicture, Images
from digitnet.datasets import Dataset
from digitnet.errors import ConfigurationError, DigitnetError, ModelFileError, PictureDecodeError, PictureError
from digitnet.inference.answers import outcome
from digitnet.inference.augmented_inference import distort, lookup_table, sampling_grids
from digitnet.inference.classifier import Classifier, load_classifier
from digitnet.model_file.contract import bundled_model_path, open_model
from digitnet.model_file.metadata import PRECISIONS, ModelMetadata, Precision
from patience import PATIENCE
from traced_memory import traced_peak

TEMPERATURE = 2.0
NAMES = ("bar", "dash", "blob")

# Three rules one can see: a bar has its ink in the middle columns, a dash in the middle rows, a blob in both.
RULES = np.full((28, 28, 3), -0.05, np.float32)
RULES[:, 11:17, 0] = 0.05
RULES[11:17, :, 1] = 0.05
RULES[4:24, 4:24, 2] = 0.025
WEIGHTS = RULES.reshape(784, 3)


def expected_logits(images: Images) -> AnyArray:
    return images.reshape(-1, 784).astype(np.float64) / 255 @ WEIGHTS.astype(np.float64)


def expected_probabilities(images: Images) -> AnyArray:
    powers = np.exp(expected_logits(images) / TEMPERATURE)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


@pytest.fixture(scope="module")
def model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    nodes = [
        helper.make_node("Cast", ["images"], ["levels"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["levels", "255"], ["brightness"]),
        helper.make_node("Flatten", ["brightness"], ["pixels"]),
        helper.make_node("MatMul", ["pixels", "weights"], ["logits"]),
        helper.make_node("Div", ["logits", "temperature"], ["calibrated"]),
        helper.make_node("Softmax", ["calibrated"], ["probabilities"]),
    ]
    constants = {"255": np.float32(255), "weights": WEIGHTS, "temperature": np.float32(TEMPERATURE)}
    graph = helper.make_graph(
        nodes,
        "rules",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", 28, 28])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3]) for name in ("probabilities", "logits")],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    metadata = ModelMetadata(
        class_names=NAMES,
        calibration={"temperature": TEMPERATURE},
        thresholds={"unsure_below": 0.7},
    )
    helper.set_model_props(model, {"digitnet": metadata.to_json()})
    path = tmp_path_factory.mktemp("run") / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


@pytest.fixture(scope="module")
def classifier(model_path: Path) -> Classifier:
    return load_classifier(model_path)


def random_images(n: int, seed: int = 0) -> Images:
    return np.random.default_rng(seed).integers(0, 256, (n, 28, 28), dtype=np.uint8)


def bar(paper: int = 255, ink: int = 0) -> GrayPicture:
    """90 x 70 pixels with an upright stroke of 9 x 60 at x = 40, y = 20."""
    picture = np.full((90, 70), paper, np.uint8)
    picture[20:80, 40:49] = ink
    return picture


@pytest.mark.parametrize("n", [0, 1, 2, 511, 512, 513, 1025, 3000])
def test_the_answers_are_what_numpy_computes_for_any_number_of_images(classifier: Classifier, n: int) -> None:
    images = random_images(n)
    labels, probabilities = classifier.predict(images), classifier.predict_proba(images)
    logits = classifier.predict_logits(images)
    assert [str(answer.dtype) for answer in (labels, probabilities, logits)] == [
        "uint8",
        "float32",
        "float32",
    ]
    assert labels.shape == (n,)
    assert probabilities.shape == logits.shape == (n, 3)
    np.testing.assert_allclose(logits, expected_logits(images), atol=1e-4)
    np.testing.assert_allclose(probabilities, expected_probabilities(images), atol=1e-5)
    np.testing.assert_array_equal(labels, expected_logits(images).argmax(axis=1))


def test_what_the_model_file_says_is_at_hand(classifier: Classifier) -> None:
    assert classifier.class_names == NAMES
    assert classifier.num_classes == 3
    assert classifier.temperature == TEMPERATURE
    assert classifier.metadata.thresholds == {"unsure_below": 0.7}


def test_a_run_folder_and_a_path_as_text_are_models_too(model_path: Path) -> None:
    images = random_images(5)
    for source in (str(model_path), model_path.parent, str(model_path.parent)):
        np.testing.assert_allclose(load_classifier(source).predict_logits(images), expected_logits(images), atol=1e-4)


def test_a_missing_model_is_a_model_file_error(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="does not exist"):
        load_classifier(tmp_path / "none.onnx")


@pytest.mark.parametrize("view", [slice(None, None, 2), slice(None, None, -1)])
def test_views_of_other_arrays_are_read_correctly(classifier: Classifier, view: slice) -> None:
    images = random_images(40)[view]
    turned = np.asfortranarray(images)
    for given in (images, turned, images.transpose(0, 2, 1)):
        np.testing.assert_allclose(classifier.predict_logits(given), expected_logits(given), atol=1e-4)


def test_a_hundred_thousand_images_take_no_memory_to_speak_of(classifier: Classifier) -> None:
    images = np.broadcast_to(random_images(1), (100_000, 28, 28))  # 78 MB that are not there
    labels: list[AnyArray] = []
    assert traced_peak(lambda: labels.append(classifier.predict(images))) < 10e6
    assert labels[0].shape == (100_000,)


@pytest.mark.parametrize(
    ("images", "hint"),
    [
        (np.zeros((28, 28), np.uint8), r"images\[None\]"),
        (np.zeros((5, 28, 28, 1), np.uint8), r"images\[\.\.\., 0\]"),
        (np.zeros((5, 784), np.uint8), r"reshape\(-1, 28, 28\)"),
        (np.zeros((5, 32, 32), np.uint8), "read_digit"),
        (np.zeros((0,), np.uint8), "read_digit"),
        (np.zeros((), np.uint8), "read_digit"),
        (np.zeros((5, 28, 28), np.float32), r"np\.rint\(images \* 255\)\.astype"),
        (np.zeros((5, 28, 28), np.int64), "found int64"),
        (np.zeros((5, 28, 28), bool), "found bool"),
        (np.zeros((5, 28, 28), object), "found object"),
        ([[0] * 28] * 28, "found list"),
        ("picture.png", "found str"),
        (None, "found NoneType"),
    ],
)
def test_other_images_are_refused_with_a_hint(classifier: Classifier, images: Any, hint: str) -> None:
    for method in (classifier.predict, classifier.predict_proba, classifier.predict_logits):
        with pytest.raises(PictureDecodeError, match=hint) as error:
            method(images)
        assert "\n" not in str(error.value)
        assert "expected images as a uint8 array of shape (n, 28, 28)" in str(error.value)


@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (0, 255), (180, 90)])
def test_a_digit_is_read_from_a_picture_of_any_size(classifier: Classifier, paper: int, ink: int) -> None:
    digit = classifier.read_digit(bar(paper, ink))
    assert (digit.label, digit.text, digit.line) == (0, "bar", 0)
    assert digit.box == (40, 20, 9, 60)
    # The bar in MNIST's frame: 20 x 3, centred by its mass; the network's answer to that by NumPy.
    frame = np.zeros((1, 28, 28), np.uint8)
    frame[0, 4:24, 13:16] = 255
    np.testing.assert_allclose(digit.probabilities, expected_probabilities(frame)[0], atol=1e-5)
    assert digit.confidence == max(digit.probabilities)
    assert digit.notes == (("inverted: dark ink on light paper",) if paper > ink else ())


def test_every_source_gives_the_same_digit(classifier: Classifier, tmp_path: Path) -> None:
    path = tmp_path / "bar.png"
    Image.fromarray(bar()).save(path)
    expected = classifier.read_digit(bar())
    for source in (path, str(path), path.read_bytes(), Image.fromarray(bar()), bar() / 255):
        assert classifier.read_digit(source) == expected


def test_the_box_is_that_of_the_upright_picture(classifier: Classifier) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    lying = np.ascontiguousarray(np.rot90(bar()))  # the same, turned the other way
    buffer = io.BytesIO()
    Image.fromarray(lying).save(buffer, "PNG", exif=exif)
    digit = classifier.read_digit(buffer.getvalue())
    assert (digit.text, digit.box) == ("bar", (40, 20, 9, 60))
    assert classifier.read_digit(lying).text == "dash"


def with_threshold(model_path: Path, threshold: float) -> Classifier:
    session, metadata = open_model(model_path)
    return Classifier(session, dataclasses.replace(metadata, thresholds={"unsure_below": threshold}))


def test_less_confidence_than_the_models_threshold_is_unsure(classifier: Classifier, model_path: Path) -> None:
    confidence = classifier.read_digit(bar()).confidence
    assert 0.4 < confidence < 0.99
    for threshold, status in (
        (confidence, "ok"),
        (confidence + 1e-6, "unsure"),
        (0.0, "ok"),
        (1.0, "unsure"),
    ):
        digit = with_threshold(model_path, threshold).read_digit(bar())
        assert (digit.status, digit.label) == (status, 0)


@pytest.mark.parametrize("picture", [np.full((50, 40), 255, np.uint8), np.zeros((28, 28), np.uint8)])
def test_a_blank_picture_is_not_a_digit_and_no_error(classifier: Classifier, picture: GrayPicture) -> None:
    digit = classifier.read_digit(picture)
    assert (digit.status, digit.label, digit.text, digit.confidence) == ("not_a_digit", None, "", 0.0)
    assert (digit.candidates, digit.probabilities) == ((), ())
    assert digit.box == (0, 0, *picture.shape[::-1])
    assert digit.notes == ("nothing written",)


def test_candidates_fall_until_they_reach_99_per_cent(classifier: Classifier) -> None:
    rng = np.random.default_rng(3)
    seen = set()
    for _ in range(60):
        picture = np.zeros((28, 28), np.uint8)
        y, x = rng.integers(2, 24, 2)
        picture[y : y + rng.integers(1, 25), x : x + rng.integers(1, 25)] = 255
        digit = classifier.read_digit(np.pad(picture, 4))
        ranked = sorted(range(3), key=lambda label: -digit.probabilities[label])
        sums = [sum(digit.probabilities[label] for label in ranked[:k]) for k in (1, 2, 3)]
        count = next((k for k, total in enumerate(sums, start=1) if total >= 0.99), 3)
        assert digit.candidates == tuple(ranked[:count])
        assert digit.candidates[0] == digit.label
        seen.add(count)
    assert len(seen) > 1  # else nothing was tested


def test_the_answer_is_ready_for_json(classifier: Classifier) -> None:
    text = json.dumps(outcome("bar.png", classifier.read_digit(bar())), allow_nan=False)
    assert json.loads(text)["digits"][0]["box"] == [40, 20, 9, 60]
    assert json.loads(text)["text"] == "bar"


def test_a_picture_that_cannot_be_read_is_an_error(classifier: Classifier, tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="does not exist"):
        classifier.read_digit(tmp_path / "none.png")
    with pytest.raises(PictureDecodeError, match="not a picture"):
        classifier.read_digit(b"words")


def test_many_threads_get_their_own_answers(classifier: Classifier) -> None:
    pictures = [bar(), np.ascontiguousarray(bar().T), np.pad(np.full((40, 40), 255, np.uint8), 20)]
    expected = [classifier.read_digit(picture) for picture in pictures]
    assert len({digit.label for digit in expected}) == 3
    batches = [random_images(50, seed) for seed in range(3)]
    wrong: list[int] = []

    def work(which: int) -> None:
        for _ in range(8):
            same = classifier.read_digit(pictures[which]) == expected[which]
            close = np.allclose(classifier.predict_logits(batches[which]), expected_logits(batches[which]), atol=1e-4)
            if not (same and close):
                wrong.append(which)

    threads = [threading.Thread(target=work, args=(k % 3,)) for k in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.fixture(scope="module", params=PRECISIONS)
def bundled(request: pytest.FixtureRequest) -> Classifier:
    precision: Precision = request.param
    return load_classifier(precision=precision)


def outlier_scores(classifier: Classifier, images: Images) -> AnyArray | None:
    return classifier.decision.outlier_scores(classifier.predictor.outputs(images))


def test_one_digit_in_five_has_an_outlier_score_above_0_and_one_in_a_hundred_above_1(
    mnist: tuple[Dataset, Dataset],
) -> None:
    found = outlier_scores(load_classifier(), np.concatenate([mnist[1].images, np.full((1, 28, 28), 255, np.uint8)]))
    assert found is not None
    assert 0.1 < (found[:-1] > 0).mean() < 0.3
    assert 0.003 < (found[:-1] > 1).mean() < 0.03
    assert found[-1] > 1  # all ink


def test_without_a_digit_score_there_are_no_outlier_scores(classifier: Classifier) -> None:
    assert outlier_scores(classifier, random_images(3)) is None


def assert_same_answers(found: AnyArray, expected: AnyArray) -> None:
    """Equal to the last bit where ONNX Runtime's products are known to be; elsewhere to rounding."""
    if platform.machine().lower() in {"x86_64", "amd64"}:
        np.testing.assert_array_equal(found, expected)
    else:
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_how_many_images_come_at_once_changes_no_bit(bundled: Classifier, mnist: tuple[Dataset, Dataset]) -> None:
    images = mnist[1].images[:3000]
    probabilities, logits, labels = (
        method(images) for method in (bundled.predict_proba, bundled.predict_logits, bundled.predict)
    )
    np.testing.assert_array_equal(labels, probabilities.argmax(axis=1))
    ends = [(20, 22), (5, 12), (100, 611), (300, 812), (99, 356), (1000, 1700), (1, 3000)]
    for part in [slice(k, k + 1) for k in range(20)] + [slice(*pair) for pair in ends]:
        assert_same_answers(bundled.predict_proba(images[part]), probabilities[part])
        assert_same_answers(bundled.predict_logits(images[part]), logits[part])
        np.testing.assert_array_equal(bundled.predict(images[part]), labels[part])


@pytest.mark.parametrize("threads", [None, 0, 1, 2, 7])
def test_how_many_cores_may_be_used_changes_no_bit(
    threads: int | None, model_path: Path, classifier: Classifier
) -> None:
    images = random_images(2500)
    other = load_classifier(model_path, threads=threads)
    assert_same_answers(other.predict_proba(images), classifier.predict_proba(images))
    np.testing.assert_array_equal(other.predict(images), classifier.predict(images))


def test_a_negative_number_of_threads_is_refused(model_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="threads is -1"):
        load_classifier(model_path, threads=-1)


def test_the_precision_is_that_of_the_file(model_path: Path) -> None:
    assert [load_classifier(precision=precision).metadata.precision for precision in PRECISIONS] == list(PRECISIONS)
    assert load_classifier(model_path, precision="float32").metadata.precision == "float32"
    with pytest.raises(ModelFileError, match="int8 was asked for"):
        load_classifier(model_path, precision="int8")


def test_images_may_lie_in_a_file_that_is_mapped_into_memory(classifier: Classifier, tmp_path: Path) -> None:
    images = random_images(1000)
    np.save(tmp_path / "images.npy", images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    assert isinstance(mapped, np.memmap)
    for answer in (classifier.predict_proba(mapped), classifier.predict_proba(mapped[3:4])):
        assert type(answer) is np.ndarray
    np.testing.assert_array_equal(classifier.predict_proba(mapped), classifier.predict_proba(images))


def test_answers_belong_to_the_caller(classifier: Classifier) -> None:
    for n in (1, 1000):
        images = random_images(n)
        for method in (classifier.predict, classifier.predict_proba, classifier.predict_logits):
            first = method(images)
            expected = first.copy()
            first[:] = 7
            np.testing.assert_array_equal(method(images), expected)


def test_many_threads_may_ask_for_many_images(classifier: Classifier) -> None:
    batches = [random_images(1500, seed) for seed in range(4)]
    expected = [classifier.predict_proba(batch) for batch in batches]
    wrong: list[int] = []

    def work(which: int) -> None:
        answers = [classifier.predict_proba(batches[which]) for _ in range(10)]
        wrong.extend(which for answer in answers if not np.array_equal(answer, expected[which]))

    threads = [threading.Thread(target=work, args=(k % 4,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("digitnet_")]


def run_python(code: str, *arguments: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    return run.stdout


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc")
def test_small_requests_wake_no_other_core_and_no_thread_outlives_a_large_one(model_path: Path) -> None:
    code = (
        "import os, sys, time, numpy as np; from digitnet import load_classifier\n"
        "def threads(): return len(os.listdir('/proc/self/task'))\n"
        "before = threads(); classifier = load_classifier(sys.argv[1]); images = np.zeros((5000, 28, 28), np.uint8)\n"
        "for n in (1, 8, 511): classifier.predict(images[:n])\n"
        "small = threads(); classifier.predict(images)\n"
        f"end = time.monotonic() + {PATIENCE / 2}\n"
        "while threads() > before and time.monotonic() < end: time.sleep(0.01)  # Linux takes a moment to forget one\n"
        "print(small - before, threads() - before)"
    )
    assert run_python(code, str(model_path)) == "0 0\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_may_go_on_with_its_parents_classifier(model_path: Path) -> None:
    code = (
        "import multiprocessing, sys, numpy as np; from digitnet import load_classifier\n"
        "classifier = load_classifier(sys.argv[1], threads=3)\n"
        "images = np.random.default_rng(0).integers(0, 256, (3000, 28, 28), dtype=np.uint8)\n"
        "expected = classifier.predict_proba(images)\n"
        "def same(_): return np.array_equal(classifier.predict_proba(images), expected)\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool: print(pool.map(same, range(4)))"
    )
    assert run_python(code, str(model_path)) == "[True, True, True, True]\n"


def test_a_program_may_end_while_a_thread_classifies(model_path: Path) -> None:
    """Also a last question when everything else has ended is answered, though no thread can be started any more."""
    code = (
        "import atexit, sys, threading, numpy as np; from digitnet import load_classifier\n"
        "classifier = load_classifier(sys.argv[1], threads=2); images = np.zeros((20_000, 28, 28), np.uint8)\n"
        "def work(): print(len(classifier.predict(images)))\n"
        "atexit.register(work); threading.Thread(target=work).start()"
    )
    assert run_python(code, str(model_path)) == "20000\n20000\n"


@pytest.mark.parametrize("precision", PRECISIONS)
def test_images_in_the_frame_are_read_as_pictures_are(precision: Precision, mnist: tuple[Dataset, Dataset]) -> None:
    """MNIST's digits as light strokes on black need no cleaning; of pictures a second network is asked too."""
    named = load_classifier(bundled_model_path(precision), precision=precision, refusal=0.0)
    images = mnist[1].images[:300]
    digits = named.read_images(images)
    probabilities = named.predict_proba(images)
    for image, digit, row in zip(images, digits, probabilities, strict=True):
        rows, columns = np.nonzero(image)
        assert list(digit.box) == [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
        assert digit.probabilities == tuple(row.tolist())
        assert (digit.label, digit.text) == (int(row.argmax()), str(row.argmax()))
        assert digit.confidence == row.max()
        # It is right more often than the 99 % that is asked for, so one label is enough.
        assert digit.candidates == (digit.label,)
        assert digit.status == ("unsure" if digit.confidence < 0.8 else "ok")
    pictures = [named.read_digit(image) for image in images[:60]]
    (logits,) = open_model(bundled_model_path(precision))[0].run(["second_logits"], {"images": images[:60]})
    second = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
    mean = (probabilities[:60] + second) / 2
    same = [
        (picture.box, picture.label) == (digit.box, digit.label) and np.allclose(picture.probabilities, row, atol=1e-6)
        for picture, digit, row in zip(pictures, digits, mean, strict=False)
    ]
    assert sum(same) >= 50  # a few are touched by the cleaning
    assert (np.abs(mean - probabilities[:60]).max(axis=1) > 1e-5).any()


def test_what_was_asked_for_holds(mnist: tuple[Dataset, Dataset]) -> None:
    asked = load_classifier(augment_inference=3, coverage=0.9999, refusal=0.0, precision="float32")
    assert (asked.augment_inference, asked.metadata.precision) == (3, "float32")
    images = np.concatenate([mnist[1].images[:50], random_images(1)])
    usual = load_classifier(precision="float32").read_images(images)
    wide = asked.read_images(images)
    assert [digits[-1].status == "not_a_digit" for digits in (usual, wide)] == [True, False]
    assert sum(len(digit.candidates) for digit in wide[:50]) > sum(len(digit.candidates) for digit in usual[:50])


def test_a_blank_image_among_others_is_not_a_digit(classifier: Classifier) -> None:
    images = random_images(3)
    images[1] = 0
    first, blank, last = classifier.read_images(images)
    assert blank == classifier.read_digit(images[1])
    assert (blank.status, blank.notes) == ("not_a_digit", ("nothing written",))
    assert first.box == last.box == (0, 0, 28, 28)
    assert classifier.read_images(images[:0]) == []
    with pytest.raises(PictureDecodeError, match="found list"):
        classifier.read_images([images[0]])  # type: ignore[arg-type]


def test_every_mistake_is_one_of_ours(classifier: Classifier) -> None:
    for bad in (b"", "no such file", np.zeros((0, 0)), None, np.full((5, 5), np.nan)):
        with pytest.raises(DigitnetError):
            classifier.read_digit(bad)  # type: ignore[arg-type]


def mean_answer(classifier: Classifier, image: Images, copies: int) -> AnyArray:
    """The definition: the mean log-probability of the image and its copies, made probabilities again."""
    shown = np.concatenate([image[np.newaxis], distort(image, *lookup_table(sampling_grids(copies)))])
    mean = np.exp(np.log(expected_probabilities(shown)).mean(axis=0))
    assert np.allclose(classifier.predict_proba(shown), expected_probabilities(shown), atol=1e-5)
    return np.asarray(mean / mean.sum())


def mixed_images() -> Images:
    """Noise, which the rules are unsure of, and full frames, of which they are sure."""
    images = random_images(40)
    images[::4] = 0
    images[::4, 4:24, 4:24] = 255
    return images


@pytest.mark.parametrize("copies", [1, 30])
def test_only_what_is_unsure_is_answered_from_copies(classifier: Classifier, model_path: Path, copies: int) -> None:
    images = mixed_images()
    augmented = load_classifier(model_path, augment_inference=copies)
    assert (augmented.augment_inference, classifier.augment_inference) == (copies, 0)
    unsure = augmented.is_augmented(images)
    assert unsure.tolist() == [index % 4 > 0 for index in range(40)]
    assert not classifier.is_augmented(images).any()
    probabilities, logits = augmented.predict_proba(images), augmented.predict_logits(images)
    np.testing.assert_array_equal(probabilities[~unsure], classifier.predict_proba(images)[~unsure])
    np.testing.assert_array_equal(logits[~unsure], classifier.predict_logits(images)[~unsure])
    expected = np.stack([mean_answer(classifier, image, copies) for image in images[unsure]])
    np.testing.assert_allclose(probabilities[unsure], expected, atol=1e-5)
    assert np.abs(expected - classifier.predict_proba(images)[unsure]).max() > 0.01  # else nothing was tested
    powers = np.exp(logits / TEMPERATURE)
    np.testing.assert_allclose(powers[unsure], expected, atol=1e-5)  # these logits are log-probabilities already
    np.testing.assert_array_equal(augmented.predict(images), probabilities.argmax(axis=1))


def test_augmented_answers_depend_on_the_image_alone(bundled: Classifier, mnist: tuple[Dataset, Dataset]) -> None:
    images = mnist[0].images[:1200].copy()
    images[::10] = images[::10] // 2 + images[1::10] // 2  # two digits in one: no network is sure of those
    precision = bundled.metadata.precision
    augmented = load_classifier(precision=precision, augment_inference=8)
    unsure = np.flatnonzero(augmented.is_augmented(images))
    assert 60 < len(unsure) < 600
    probabilities = augmented.predict_proba(images)
    assert_same_answers(augmented.predict_proba(images[unsure[::-1]])[::-1], probabilities[unsure])
    for index in unsure[:5]:
        assert_same_answers(augmented.predict_proba(images[index : index + 1])[0], probabilities[index])
    other = load_classifier(precision=precision, augment_inference=8, threads=1)
    assert_same_answers(other.predict_proba(images), probabilities)
    assert_same_answers(other.predict_logits(images), augmented.predict_logits(images))


def test_pictures_go_the_same_way_and_say_so(classifier: Classifier, model_path: Path) -> None:
    augmented = load_classifier(model_path, augment_inference=20)
    frame = np.zeros((28, 28), np.uint8)
    frame[4:24, 13:16] = 255  # the bar, as in MNIST's frame
    digit = augmented.read_digit(bar())
    np.testing.assert_allclose(digit.probabilities, mean_answer(classifier, frame, 20), atol=1e-5)
    assert digit.notes == ("inverted: dark ink on light paper", "unsure at first: averaged over 20 distorted copies")
    images = mixed_images()[:4]
    images[2] = 0
    read = augmented.read_images(images)
    averaged = ("unsure at first: averaged over 20 distorted copies",)
    assert [each.notes for each in read] == [(), averaged, ("nothing written",), averaged]
    np.testing.assert_array_equal(read[1].probabilities, augmented.predict_proba(images)[1])


def test_many_copies_of_many_images_take_little_memory(model_path: Path) -> None:
    augmented = load_classifier(model_path, augment_inference=1000)
    images = random_images(40)
    peak = traced_peak(lambda: augmented.predict(images))
    assert peak < 10e6  # all copies of one image, once as float32, would be 3 MB, of all images 125 MB


@pytest.mark.parametrize("copies", [-1, 1001, 1.5, "many"])
def test_an_impossible_number_of_copies_is_refused(model_path: Path, copies: Any) -> None:
    with pytest.raises(ConfigurationError, match="augment_inference is"):
        load_classifier(model_path, augment_inference=copies)


def test_no_images_are_no_augmented_answers(model_path: Path) -> None:
    augmented = load_classifier(model_path, augment_inference=3)
    none = random_images(0)
    assert augmented.predict(none).shape == augmented.is_augmented(none).shape == (0,)
    assert augmented.predict_proba(none).shape == (0, 3)
    with pytest.raises(PictureDecodeError):
        augmented.is_augmented(np.zeros((28, 28), np.uint8))
