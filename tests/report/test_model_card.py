import copy
import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from scipy.stats import binomtest

from digitnet.augmentation.distortion import Distortion
from digitnet.datasets import Dataset
from digitnet.errors import RunFolderError
from digitnet.evaluation.evaluation import Evaluation
from digitnet.report import model_card

Scored = tuple[Dataset, Evaluation]
Json = dict[str, Any]

RUN: Json = {
    "command": ["digitnet", "train", "--out", "my runs/first"],
    "settings": {
        "hidden_sizes": [512, 256],
        "dropout": 0.2,
        "batch_normalization": True,
        "clip": None,
        "note": "a|b",
    },
    "seed": 7,
    "versions": {"python": "3.11.9", "keras": "3.9.2"},
    "data": {
        "source": "mnist",
        "train_digest": "a1" * 32,
        "validation_digest": "b2" * 32,
        "test_digest": "c3" * 32,
        "num_train": 54_000,
        "num_validation": 6_000,
        "num_test": 10_000,
    },
    "started": "2026-01-02T03:04:05+00:00",
    "class_names": [str(digit) for digit in range(10)],
}


@pytest.fixture
def metrics(score_classes: Callable[..., Scored]) -> Json:
    """Of ten classes with 12 images each, 3 of them mistaken for the next class."""
    _, evaluation = score_classes(10)
    return {
        "test": evaluation.to_dict(),
        "validation": None,
        "train_seconds": 3725.0,
        "parameters": 535_818,
    }


def cells(card: str, first: str) -> list[str]:
    """The cells of the first table row that starts so."""
    line = next(line for line in card.splitlines() if line.startswith(f"| {first} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_every_figure_stands_with_n_and_interval(metrics: Json) -> None:
    card = model_card(RUN, metrics)
    row = cells(card, "test")
    assert row[1:3] == ["120", "30"]
    wilson = binomtest(90, 120).proportion_ci(method="wilson")
    assert row[3] == f"75.00 % [{100 * wilson.low:.2f}, {100 * wilson.high:.2f}]"
    test = metrics["test"]
    assert row[4] == f"{test['nll']:.4f} [{test['nll_interval'][0]:.4f}, {test['nll_interval'][1]:.4f}]"
    assert row[5] == f"{test['brier']:.4f} [{test['brier_interval'][0]:.4f}, {test['brier_interval'][1]:.4f}]"
    assert row[6] == f"{100 * test['ece']:.2f} %"


def test_it_says_whether_what_is_no_digit_is_refused(metrics: Json) -> None:
    refuses = "is answered with `not a digit`"
    assert refuses in model_card(RUN, metrics | {"refuses_non_digits": True})
    for unscored in (metrics, metrics | {"refuses_non_digits": False}):
        card = model_card(RUN, unscored)
        assert refuses not in card
        assert "has no digit score, so it always answers with one of its classes" in card


def test_each_class_stands_with_n_and_interval(metrics: Json) -> None:
    wilson = binomtest(9, 12).proportion_ci(method="wilson")
    row = cells(model_card(RUN, metrics), "4")
    assert row == [
        "4",
        "12",
        "3",
        f"75.00 % [{100 * wilson.low:.2f}, {100 * wilson.high:.2f}]",
        "75.00 %",
        "75.00 %",
    ]


def test_the_commonest_mistakes_are_listed(metrics: Json) -> None:
    card = model_card(RUN, metrics)
    assert "The commonest of 30 mistakes:" in card
    assert "| 9 | 0 | 3 |" in card


def test_every_figure_names_its_command(metrics: Json, int8: Json) -> None:
    """The test images are measured by a command; the validation images only in the run itself."""
    card = model_card(RUN, metrics | {"bytes": 1, "int8": int8, "validation": metrics["test"]})
    assert "\ndigitnet evaluate MODEL --precision float32\ndigitnet evaluate MODEL --precision int8\n" in card
    assert "Those of the validation images are in the run's `metrics.json`" in card
    other = RUN | {"data": RUN["data"] | {"source": "my data"}}
    assert "\ndigitnet evaluate MODEL --data 'my data' --precision float32\n```" in model_card(other, metrics)
    untested = model_card(RUN, metrics | {"test": None, "validation": metrics["test"]})
    assert "digitnet evaluate" not in untested


RECIPE = {
    "hidden_sizes": [512, 256],
    "activation": "relu",
    "dropout": 0.2,
    "batch_normalization": True,
    "optimizer": "adamw",
    "learning_rate": 0.002,
    "schedule": "cosine",
    "weight_decay": 0.05,
    "label_smoothing": 0.0,
    "epochs": 1200,
    "batch_size": 250,
}


def test_the_recipe_is_told_in_words(metrics: Json) -> None:
    told = (
        "A network 784-512-256-10, relu with batch normalisation, dropout 0.2, learned for 1,200 epochs in batches of "
        "250, by adamw at a learning rate of at most 0.002 (cosine), with a weight decay of 0.05 and a label smoothing "
        "of 0."
    )
    assert told in model_card(RUN | {"settings": RECIPE}, metrics)
    assert "A network 784" not in model_card(RUN, metrics)


def test_a_preference_for_hard_images_is_told(metrics: Json) -> None:
    told = "25 % of the images of an epoch were drawn in proportion to how badly each was read when it was last seen."
    assert told in model_card(RUN | {"settings": RECIPE | {"hard_examples": 0.25}}, metrics)
    assert "drawn in proportion" not in model_card(RUN | {"settings": RECIPE | {"hard_examples": 0.0}}, metrics)


def test_what_units_see_is_told(metrics: Json) -> None:
    told = "from the first layer on of a radius of 5 pixels, all and 12.5 pixels: its other weights are 0."
    assert told in model_card(RUN | {"settings": RECIPE | {"receptive_fields": [5.0, 0, 12.5]}}, metrics)
    for radii in ([], [0, 0.0]):
        assert "sees a disc" not in model_card(RUN | {"settings": RECIPE | {"receptive_fields": radii}}, metrics)


def augmented(**strengths: float) -> Json:
    return RUN | {"settings": RECIPE | {"augmentation": Distortion(**strengths).to_dict()}}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("strengths", "told"),
    [
        ({}, "The training images were left as they are.\n"),
        (
            {"shift": 1},
            "In every epoch each training image was changed anew at random: moved by up to 1 pixel along each axis.\n",
        ),
        (
            {"rotation": 15, "scaling": 0.2, "slender_factor": 0.5},
            "at random: turned by up to 15 degrees to either side and made up to 20 % larger or smaller, width and "
            "height apart. A 1 and a 7 were turned and slanted 0.5 times as far, since they become one another when "
            "they are turned far.\n",
        ),
        (
            {"gaps": 2, "gap_radius": 1.5, "thickness": 0.5, "contrast": 0.3},
            "at random: drawn thicker or thinner by up to 0.5 pixels, broken in up to 2 places of at most 1.5 pixels' "
            "radius and made up to 30 % paler.\n",
        ),
        (  # 36 / sqrt(3) / (2 * 5.5 * sqrt(pi)) = 1.066 pixels
            {"shear": 10, "shift": 2, "elastic_alpha": 36, "slender_factor": 1},
            "at random: slanted by up to 10 degrees to either side, moved by up to 2 pixels along each axis and bent "
            "elastically (alpha 36, sigma 5.5: 1.1 pixels along each axis, root mean square).\n",
        ),
    ],
)
def test_the_strengths_of_augmentation_are_told_in_words(metrics: Json, strengths: dict[str, float], told: str) -> None:
    assert told in model_card(augmented(**strengths), metrics)


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Distortion)])
def test_every_change_that_can_be_made_has_words(metrics: Json, name: str) -> None:
    """Fails for a strength that is added without words for it."""
    strengths = {name: 0.5 if name in {"scaling", "contrast"} else 1}
    card = model_card(augmented(**strengths), metrics)
    assert ("The training images were left as they are." in card) is Distortion(**strengths).is_none  # type: ignore[arg-type]


def test_a_group_of_settings_has_a_row_for_each(metrics: Json) -> None:
    card = model_card(augmented(rotation=7.5), metrics)
    assert cells(card, "`augmentation.rotation`")[1] == "7.5"
    assert cells(card, "`augmentation.shift`")[1] == "0"


def test_how_it_was_trained_can_be_repeated(metrics: Json) -> None:
    card = model_card(RUN, metrics)
    assert "```sh\ndigitnet train --out 'my runs/first'\n```" in card
    assert "Started 2026-01-02T03:04:05+00:00, seed 7, took 1 h 2 min:" in card
    assert "535,818 parameters" in card
    assert cells(card, "`hidden_sizes`")[1] == "512, 256"
    assert cells(card, "`batch_normalization`")[1] == "yes"
    assert cells(card, "`clip`")[1] == "none"
    assert cells(card, "`note`")[1] == "a&#124;b"
    assert cells(card, "keras")[1] == "3.9.2"
    assert cells(card, "train") == ["train", "54,000", f"`{'a1' * 32}`"]
    assert cells(card, "validation") == ["validation", "6,000", f"`{'b2' * 32}`"]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(3.26, "3.3 s"), (59.99, "60.0 s"), (61, "1 min 1 s"), (125.6, "2 min 6 s"), (3600, "1 h 0 min")],
)
def test_durations(metrics: Json, seconds: float, shown: str) -> None:
    assert f"took {shown}:" in model_card(RUN, metrics | {"train_seconds": seconds})


def test_the_validation_figures_are_called_flattering(metrics: Json) -> None:
    calibrated = metrics["test"] | {"temperature": 1.25}
    card = model_card(RUN, metrics | {"validation": calibrated})
    assert cells(card, "validation")[1:3] == ["120", "30"]
    assert "the temperature 1.25 that calibrates the probabilities was fitted on them" in card
    given = model_card(RUN, metrics | {"test": calibrated})
    assert "fitted on them" not in given
    assert "No images were held out; the temperature 1.25 that calibrates the probabilities was given." in given


@pytest.fixture
def int8(score: Callable[..., Scored]) -> Json:
    """Of two images, one of them mistaken."""
    _, evaluation = score([0, 1], [0, 0], [2.0, 2.0])
    return {"test": evaluation.to_dict(), "validation": None, "bytes": 690_930}


def test_the_int8_model_has_rows_of_its_own(metrics: Json, int8: Json) -> None:
    card = model_card(RUN, metrics | {"bytes": 2_682_111, "int8": int8})
    assert cells(card, "test")[1:3] == ["120", "30"]
    assert cells(card, "test, int8")[1:3] == ["2", "1"]
    assert "| validation, int8 |" not in card
    assert "8-bit integers: 691 kB instead of 2,682 kB. Its scales were chosen on training images only." in card


def test_why_there_is_no_int8_model_is_said(metrics: Json) -> None:
    card = model_card(RUN, metrics | {"bytes": 2_682_111, "int8": {"missing": "it would answer `otherwise`"}})
    assert "There is no model in 8-bit integers: it would answer 'otherwise'." in card
    assert "int8 |" not in card


def test_a_run_from_before_int8_has_a_card_too(metrics: Json) -> None:
    assert "8-bit" not in model_card(RUN, metrics)


def test_without_test_images_the_classes_are_those_of_the_validation(metrics: Json) -> None:
    run = copy.deepcopy(RUN)
    run["data"] |= {"test_digest": None, "num_test": 0}
    card = model_card(run, metrics | {"test": None, "validation": metrics["test"]})
    assert "`mnist` has no test images." in card
    assert "## Class by class, validation images" in card
    assert cells(card, "test") == ["test", "0", "none"]


def test_nothing_measured_is_said(metrics: Json) -> None:
    card = model_card(RUN, {**metrics, "test": None})
    assert "Not measured: the data had neither test nor validation images." in card
    assert " %" not in card


def test_a_class_without_test_images_has_no_figures(score: Callable[..., Scored], metrics: Json) -> None:
    _, evaluation = score([0, 1], [0, 1], [2.0, 2.0], ("a", "b", "c"))
    card = model_card(RUN | {"class_names": ["a", "b", "c"]}, metrics | {"test": evaluation.to_dict()})
    assert cells(card, "c") == ["c", "0", "", "not measured", "not measured", "not measured"]
    assert "commonest" not in card


def test_a_single_image_has_no_interval_of_a_mean(score: Callable[..., Scored], metrics: Json) -> None:
    _, evaluation = score([1], [1], [2.0])
    row = cells(model_card(RUN, metrics | {"test": evaluation.to_dict()}), "test")
    assert row[4] == f"{evaluation.nll:.4f}"


def test_mnist_is_credited_and_its_limits_are_told(metrics: Json) -> None:
    card = model_card(RUN, metrics)
    assert (
        "MNIST, by Yann LeCun and Corinna Cortes, derived from NIST Special Databases 1 and 3, under CC BY-SA 3.0"
        in card
    )
    assert "Proceedings of the IEEE 86 (1998)" in card
    for limit in ("The frame", "Photos", "The hands"):
        assert f"**{limit}.**" in card


def test_other_data_is_neither_called_mnist_nor_digits(metrics: Json) -> None:
    run = RUN | {
        "class_names": ["<b>", "|", "&lt;", *"defghij"],
        "data": RUN["data"] | {"source": "my `data`"},
    }
    card = model_card(run, metrics)
    assert "MNIST" not in card
    assert "digits" not in card
    assert "tells apart 10 classes: &lt;b>, &#124;, &amp;lt;, d" in card
    assert "`my 'data'` has a licence of its own" in card


@pytest.mark.parametrize("missing", sorted(RUN))
def test_a_missing_entry_is_named(metrics: Json, missing: str) -> None:
    run = {name: value for name, value in RUN.items() if name != missing}
    with pytest.raises(RunFolderError, match=f"expected an entry '{missing}' in run.json or metrics.json"):
        model_card(run, metrics)


def test_every_table_is_whole(metrics: Json) -> None:
    lines = model_card(RUN, metrics).splitlines()
    for above, below in itertools.pairwise(lines):
        if above.startswith("|") and below.startswith("|"):
            assert above.count("|") == below.count("|")
        assert above == above.rstrip()


def test_the_arguments_stay_as_they_are(metrics: Json) -> None:
    run, before = copy.deepcopy(RUN), copy.deepcopy(metrics)
    model_card(run, metrics)
    assert (run, metrics) == (RUN, before)
