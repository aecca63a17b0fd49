"""benchmarks/pictures: sets of pictures, counting, the rows, docs/pictures.md. Nothing here measures for the page."""

import csv
import dataclasses
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from digitnet.datasets import Dataset
from digitnet.errors import DatasetFormatError, DatasetNotFoundError, PictureDecodeError
from digitnet.inference.answers import Digit, Reading
from digitnet.inference.classifier import load_classifier
from extras import needs_training
from made_up_benchmarks import REPOSITORY, load

pytestmark = pytest.mark.skipif(
    not (REPOSITORY / "benchmarks").exists(), reason="the benchmarks are part of the checkout, not of the wheel"
)

PAGE = REPOSITORY / "docs" / "pictures.md"
MACHINE = {"processor": "Imagined CPU", "cores": 2}


def row(name: str, n: int, errors: int, **changes: Any) -> Any:
    """What might have been measured of a rendered set of digits."""
    values: dict[str, Any] = {
        "name": name,
        "kind": "digits",
        "is_rendered": True,
        "seed": 0,
        "pictures": n,
        "n": n,
        "errors": errors,
        "unsure": 3,
        "refused": 1,
        "failed": 0,
        "covered": n - errors,
        "candidates": n,
        "median_ms": 2.5,
        "model_sha256": "ab" * 32,
        "preset": "imagined",
        "machine": MACHINE,
    }
    return load("pictures.measured").Measurement(**(values | changes))


def given(name: str, n: int, errors: int, **changes: Any) -> Any:
    return row(name, n, errors, is_rendered=False, **changes)


def all_rows() -> list[Any]:
    hardships, samples = load("pictures.hardships").HARDSHIPS, load("pictures.samples")
    nothing: dict[str, Any] = {"kind": "not digits", "covered": None, "candidates": None}
    lines = nothing | {"kind": "lines"}
    stress = [
        row(f"{name} {severity:.2f}", 500, round(10 + 40 * severity), **(lines if name == "touching" else {}))
        for name in hardships
        for severity in samples.SEVERITIES
    ]
    return [
        *stress,
        *(row(name, 10_000, errors) for name, errors in (("plain", 50), ("mild", 100), ("hard", 501))),
        *(row(name, 1_250, errors, **lines) for name, errors in (("plain", 10), ("mild", 90), ("hard", 300))),
        *(row(name, 1_000, errors, **nothing) for name, errors in (("blank", 0), ("noise", 1), ("scribble", 50))),
        row("MNIST test images", 10_000, 160, refused=100, covered=9_900, candidates=10_150),
        given("single", 186, 1),
        given("single: photo", 50, 1),
        given("cvl_train", 7_000, 421),
        given("usps_test", 200, 2),
        given("pages", 8, 0, **lines),
        given("not_digits_fashion", 2_000, 20, **nothing),
        given("my|own", 10, 5),
    ]


# The page


def test_the_page_is_current() -> None:
    refusal = load("pictures.refusal").load_refusal()
    speed = load("pictures.speed").load_speed()
    text = load("pictures.page").page_text(load("pictures.measured").load_measured(), refusal, speed)
    assert PAGE.read_text(encoding="utf-8") == text, "run `python -m benchmarks.pictures page`"
    shown = re.findall(r"!\[[^]]+\]\((figures/[^)]+)\)", text)
    assert len(shown) >= 3
    for name in shown:
        assert (PAGE.parent / name).read_bytes()[:4] == b"\x89PNG"


def test_neither_the_rows_nor_the_page_name_a_place_on_a_machine() -> None:
    measured = load("pictures.measured").MEASURED.read_text(encoding="utf-8")
    for text in (measured, PAGE.read_text(encoding="utf-8")):
        assert not re.search(r"(?<![\w.)])/(work|tmp|home|root|Users|mnt)\b", text)


def test_the_same_rows_give_the_same_page_in_any_order() -> None:
    page_text = load("pictures.page").page_text
    assert page_text(all_rows()[::-1]) == page_text(all_rows())


def test_every_table_is_whole_and_every_section_names_its_command() -> None:
    text = load("pictures.page").page_text(all_rows())
    assert "Not measured yet." not in text
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1
    for section in text.split("\n## ")[2:]:
        assert "python -m benchmarks.pictures" in section


def test_a_page_without_rows_says_so() -> None:
    text = load("pictures.page").page_text([])
    assert text.count("| not measured yet |") == 14
    assert text.count("Not measured yet.") == 4


def line_of(text: str, start: str) -> list[str]:
    """The cells of the first table line that starts so."""
    line = next(line for line in text.splitlines() if line.startswith(f"| {start}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize(
    ("start", "cells"),
    [
        ("photos and drawings", ["186", "1.6 %", "at most 0.6 %", "0.54 % (1)", "met"]),
        ("CVL", ["7,000", "19.0 %", "at most 6 %", "6.01 % (421)", "**missed**"]),
        ("ARDIS", ["6,600", "7.7 %", "at most 4 %", "-", "not measured yet"]),
        ("USPS", ["2,007", "2.4 %", "at most 1.8 %", "1.00 % (2), on 200", "measured on a part"]),
        ("photographed pages", ["8", "Tesseract: about a quarter right", "all", "8 of 8", "met"]),
        ("rendered digits, mild", ["10,000", "-", "at most 1 %", "1.00 % (100)", "met"]),
        ("rendered digits, hard", ["10,000", "-", "at most 5 %", "5.01 % (501)", "**missed**"]),
        ("clothes called", ["2,000", "-", "at most 1 %", "1.00 % (20)", "met"]),
        ("clothes told", ["2,000", "-", "at least 0.997", "0.9969", "**missed**"]),
        ("blank", ["1,000", "-", "0", "0.00 % (0)", "met"]),
        ("noise", ["1,000", "-", "0", "0.10 % (1)", "**missed**"]),
        ("scribble", ["1,000", "-", "at most 5 %", "5.00 % (50)", "met"]),
        ("coverage", ["10,000", "-", "0.985 to 0.995, mean size at most 1.02", "0.9900, mean size 1.015", "met"]),
    ],
)
def test_each_target_stands_beside_what_was_measured(start: str, cells: list[str]) -> None:
    refusal = load("pictures.refusal").Refusal(10_000, 2_000, 100, 20, 0.9969, "0")
    assert line_of(load("pictures.page").page_text(all_rows(), refusal), start)[1:] == cells


def test_a_network_that_is_right_too_often_for_the_coverage_is_told_so() -> None:
    *others, mnist = sorted(all_rows(), key=lambda row: row.name == "MNIST test images")
    rows = [*others, dataclasses.replace(mnist, errors=42, covered=9_958)]
    measured = line_of(load("pictures.page").page_text(rows), "coverage")[4:]
    assert measured == ["0.9958, mean size 1.015; 0.9958 with the best guess alone", "**missed**"]


def test_speed_stands_beside_its_targets() -> None:
    machine = {"processor": "A|B", "cores": 4}
    speed = load("pictures.speed").Speed(12_000_000, 40, 5, 0.75, 390.0, 0.5, machine)
    text = load("pictures.page").page_text(all_rows(), None, speed)
    assert line_of(text, "a photo of a page") == [
        "a photo of a page, 12 megapixels, 40 digits",
        "at most 1 s",
        "750 ms",
    ]
    assert line_of(text, "the most memory")[1:] == ["less than 400 MB", "390 MB"]
    assert line_of(text, "a 28 x 28 image")[1:] == ["at most 1 ms", "500 µs"]
    assert "A B" in text


def test_a_photographed_page_is_as_large_as_asked_and_readable() -> None:
    photo, lines = load("pictures.speed").photographed_page(600_000, 1)
    picture = Image.open(io.BytesIO(photo))
    assert picture.width * picture.height == pytest.approx(600_000, rel=0.01)
    assert [len(line) for line in lines] == [8] * 5
    found = load_classifier().read_number(photo).text.split("\n")
    assert sum(line in found for line in lines) >= 3


def test_the_area_under_the_curve_by_hand() -> None:
    refusal = load("pictures.refusal")
    digits, others = np.array([3.0, 2.0, 1.0, 4.0]), np.array([0.0, 2.0])
    assert refusal.area_under_curve(digits, others) == pytest.approx((2 + 1.5 + 1 + 2) / 8)
    found = refusal.refusal_of(np.arange(200.0), np.array([-1.0, 1.0, 2.0, 300.0]), "0")
    assert (found.refused, found.called) == (2, 2)


def test_a_blank_picture_scores_below_every_digit() -> None:
    pictures = np.full((3, 40, 40), 255, np.uint8)
    pictures[::2, 10:30, 18:22] = 0
    scores = load("pictures.refusal")._scores(load_classifier(), pictures)  # noqa: SLF001 - all of it takes minutes
    assert scores[1] == -np.inf
    assert scores[0] == scores[2] > 0


def test_what_is_not_shipped_is_marked() -> None:
    targets = load("pictures.page").page_text(all_rows()).split("## Rendered pictures")[0]
    for name in ("photos and drawings of one digit each", "CVL: Austrian hands", "clothes called"):
        assert line_of(targets, name)[0].endswith("*")
    for name in ("rendered digits, hard", "blank", "coverage"):
        assert not line_of(targets, name)[0].endswith("*")
    assert "not shipped" in targets


def test_the_figures_of_a_set() -> None:
    text = load("pictures.page").page_text(all_rows())
    assert line_of(text, "`single`: photos")[1:3] == ["186", "1"]
    # Wilson's interval of 421 in 7,000 by hand, z = 1.96: 0.06038 +- 0.00557
    cells = line_of(text, "`cvl_train`")
    assert cells[1:] == ["7,000", "421", "6.01 % [5.48, 6.60]", "3", "1", "0", "2.50 ms"]
    assert line_of(text, "`single`, photo")[1] == "50"
    assert line_of(text, "my own")[1] == "10"  # a name cannot break the table
    assert line_of(text, "`blur`") == ["`blur`", "0.5 %", "4.0 %", "6.0 %", "8.0 %", "10.0 %"]
    assert line_of(text, "`touching`")[1] == "0.8 %"  # from the plain lines: 10 of 1,250


# The figures


@needs_training
def test_the_plot_of_severity_shows_the_measured_rates() -> None:
    figure = load("pictures.figures").stress_figure(all_rows())
    panels = {axes.get_title(loc="left"): axes for axes in figure.axes}
    assert len(panels) == len(load("pictures.hardships").HARDSHIPS)
    x, y = panels["off centre"].lines[0].get_data()
    assert list(x) == [0, 0.25, 0.5, 0.75, 1]
    assert list(y) == pytest.approx([0.5, 4, 6, 8, 10])
    assert panels["touching, lines"].lines[0].get_ydata()[0] == pytest.approx(0.8)
    labels = [label.get_text() for label in panels["touching, lines"].get_yticklabels()]
    assert labels == ["0 %", "5 %", "10 %"]


def test_a_sample_fits_into_its_tile() -> None:
    wide = np.zeros((10, 40, 3), np.uint8)
    tile = load("pictures.gallery").fitted(wide, 88, 88)
    rows, columns = (np.flatnonzero((tile == 0).any(axis=(axis, 2))) for axis in (1, 0))
    assert tile.shape == (88, 88, 3)
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (33, 54, 0, 87)


# The rows


def test_rows_survive_the_file_and_new_ones_take_their_place(tmp_path: Path) -> None:
    measured = load("pictures.measured")
    path = tmp_path / "made" / "pictures.json"
    assert measured.load_measured(path) == []
    measured.save_measured(all_rows(), path)
    back = measured.load_measured(path)
    assert sorted(back, key=lambda one: one.key) == sorted(all_rows(), key=lambda one: one.key)
    better = row("hard", 10_000, 400)
    after = measured.replaced(back, [better])
    assert len(after) == len(back)
    assert [one.errors for one in after if one.key == better.key] == [400]
    assert [one.errors for one in after if one.name == "hard" and one.kind == "lines"] == [300]


def test_the_severity_is_in_the_name() -> None:
    assert row("thin_pen 0.25", 10, 1).severity == 0.25
    assert row("hard", 10, 1).severity is None
    assert row("MNIST test images", 10, 1).severity is None
    assert given("blur 0.50", 10, 1).severity is None
    with pytest.raises(ValueError, match="11 errors in 10"):
        row("hard", 10, 11)


# Sets of pictures


def write_picture(path: Path, level: int = 255) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((9, 8), level, np.uint8)).save(path)


def write_table(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A set of each kind, and things that are none."""
    root = tmp_path / "collection"
    for place, name in enumerate(("a.png", "b.png")):
        write_picture(root / "single" / name, place)
        write_picture(root / "pages" / name, place)
        write_picture(root / "by_class" / "7" / name, place)
        write_picture(root / "not_digits_cats" / "deep" / name, place)
    write_picture(root / "by_class" / "notes" / "c.png")
    table = [{"file": "a.png", "label": "3", "kind": "photo"}, {"file": "b.png", "label": "4 ", "kind": "drawing"}]
    write_table(root / "single" / "labels.csv", table)
    write_table(root / "pages" / "pages.csv", [{"file": "a.png", "lines": "12 3|45"}, {"file": "b.png", "lines": "6"}])
    images = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
    np.savez(root / "hands.npz", images=images, labels=np.array([1, 2, 3], np.uint8))
    np.savez(root / "not_digits_shoes.npz", images=images, labels=np.array([1, 2, 3], np.uint8))
    (root / "README.txt").write_text("hello")
    return root


def test_every_kind_of_set_is_found(folder: Path) -> None:
    found = {one.name: one for one in load("pictures.sets").find_sets(folder)}
    assert {name: one.kind for name, one in found.items()} == {
        "by_class": "digits",
        "hands": "digits",
        "not_digits_cats": "not digits",
        "not_digits_shoes": "not digits",
        "pages": "lines",
        "single": "digits",
    }
    assert [(one.text, one.part) for one in found["single"].examples] == [("3", "photo"), ("4", "drawing")]
    assert [one.text for one in found["pages"].examples] == ["123\n45", "6"]
    assert [one.text for one in found["by_class"].examples] == ["7", "7"]
    assert [found["hands"][place].text for place in range(3)] == ["1", "2", "3"]
    assert found["hands"][2].picture[0, 0] == 40
    assert [len(found[name]) for name in ("not_digits_cats", "not_digits_shoes")] == [2, 3]
    assert not any(one.is_rendered for one in found.values())
    alone = load("pictures.sets").find_sets(folder / "hands.npz")
    assert [one.name for one in alone] == ["hands"]


def test_what_is_no_set_is_refused_in_one_line(folder: Path, tmp_path: Path) -> None:
    sets = load("pictures.sets")
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path / "missing", folder / "README.txt"):
        with pytest.raises(DatasetNotFoundError, match="is no set of pictures"):
            sets.find_sets(path)
    with pytest.raises(DatasetNotFoundError, match="holds no pictures"):
        sets.not_digits(tmp_path / "empty")
    (folder / "single" / "a.png").unlink()
    with pytest.raises(DatasetFormatError, match=r"no file 'a\.png'"):
        sets.find_sets(folder / "single")
    write_table(folder / "pages" / "pages.csv", [{"name": "b.png", "text": "6"}])
    with pytest.raises(DatasetFormatError, match="columns file, lines"):
        sets.find_sets(folder / "pages")
    np.savez(folder / "hands.npz", images=np.zeros((3, 4), np.uint8), labels=np.zeros(3))
    with pytest.raises(DatasetFormatError, match=r"expected images as uint8 \(n, height, width\)"):
        sets.find_sets(folder / "hands.npz")


def test_a_part_of_a_set_is_drawn_from_the_seed() -> None:
    sets = load("pictures.sets")
    whole = sets.ArraySet("hands", "digits", np.zeros((50, 2, 2), np.uint8), tuple(map(str, range(50))))

    def texts(size: int, seed: int) -> list[str]:
        part = sets.Subset(whole, size, seed)
        return [part[place].text for place in range(len(part))]

    assert texts(10, 1) == texts(10, 1) != texts(10, 2)
    assert len(set(texts(10, 1))) == 10
    assert texts(80, 1) == list(whole.texts)


# Rendered sets


def test_a_rendered_set_follows_from_its_seed_and_shows_what_it_says(mnist: tuple[Dataset, Dataset]) -> None:
    samples = load("pictures.samples")
    short, long = samples.RenderedDigits("hard", 3, 7), samples.RenderedDigits("hard", 9, 7)
    assert np.array_equal(short[2].picture, long[2].picture)
    assert short[2].text == samples.RenderedDigits("blur 0.75", 9, 7)[2].text
    assert [short[place].text for place in range(3)] != [
        samples.RenderedDigits("hard", 3, 8)[place].text for place in range(3)
    ]
    # the label belongs to the image that was drawn: the plain picture is most like an image with that label
    small = mnist[1].images.reshape(-1, 784).astype(np.float32)
    small /= np.linalg.norm(small, axis=1, keepdims=True)
    plain = samples.RenderedDigits("plain", 5, 7)
    for example in (plain[place] for place in range(5)):
        # 6 pixels for one of MNIST's; the digit's box stands in the middle, its centre of mass a little beside
        ink = 255 - np.asarray(example.picture)[:, :, 0][16:184, 16:184].astype(np.float32)
        frame = ink.reshape(28, 6, 28, 6).mean(axis=(1, 3))
        shifted = [np.roll(frame, (down, across), (0, 1)) for down in range(-3, 4) for across in range(-3, 4)]
        likeness = small @ np.reshape(shifted, (-1, 784)).T
        assert str(mnist[1].labels[likeness.max(axis=1).argmax()]) == example.text


def test_rendered_lines_have_as_many_digits_as_boxes() -> None:
    samples = load("pictures.samples")
    lines = samples.RenderedLines("plain", 16, 0)
    counts = []
    for place in range(16):
        rendered, text = lines.rendered(place)
        assert len(rendered.boxes) == len(text.replace("\n", ""))
        assert all(2 <= len(line) <= 8 for line in text.split("\n"))
        counts.append(text.count("\n") + 1)
    assert set(counts) == {1, 2, 3}
    assert np.array_equal(lines[4].picture, lines.rendered(4)[0].picture)


def test_pictures_without_digits_are_what_they_say() -> None:
    samples = load("pictures.samples")
    for name in samples.NOTHINGS:
        pictures = samples.RenderedNothing(name, 4, 0)
        assert pictures.kind == "not digits"
        assert pictures[1].text == ""
        assert np.array_equal(pictures[1].picture, samples.RenderedNothing(name, 2, 0)[1].picture)
        assert not np.array_equal(pictures[1].picture, pictures[2].picture)


def test_the_stress_sets_are_all_hardships_at_all_severities() -> None:
    names = [(one.name, one.kind) for one in load("pictures.samples").stress_sets(5, 0)]
    assert len(set(names)) == 4 * len(load("pictures.hardships").HARDSHIPS)
    assert ("blur 0.25", "digits") in names
    assert ("touching 1.00", "lines") in names


# Counting


def digit(label: int | None, *candidates: int, status: str = "ok") -> Digit:
    text = "" if label is None else str(label)
    return Digit(label, text, 0.9, candidates, (), (0, 0, 1, 1), 0, status)  # type: ignore[arg-type]


class Scripted:
    """A classifier that gives the next of its answers, whatever it is shown."""

    class_names = tuple("0123456789")

    def __init__(self, *answers: Any) -> None:
        self._answers: Iterator[Any] = iter(answers)

    def read_digit(self, _: Any) -> Any:
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    read_number = read_digit


def outcomes(kind: str, texts: list[str], *answers: Any) -> list[Any]:
    scoring, sets = load("pictures.scoring"), load("pictures.sets")
    classifier = Scripted(*answers)
    blank: NDArray[np.uint8] = np.zeros((2, 2), np.uint8)
    return [scoring.outcome_of(sets.Example(blank, text), kind, classifier) for text in texts]


def tallied(kind: str, found: list[Any]) -> Any:
    circumstances = {"kind": kind, "is_rendered": True, "seed": 0, "model_sha256": "", "preset": "", "machine": MACHINE}
    return load("pictures.scoring").tally("made up", found, circumstances)


def test_digits_are_counted() -> None:
    found = outcomes(
        "digits",
        ["3", "3", "3", "3", "3"],
        digit(3, 3),
        digit(3, 3, 5, status="unsure"),  # right, though unsure
        digit(5, 5, 3, status="unsure"),  # wrong, but among the candidates
        digit(3, status="not_a_digit"),  # refused: an error, whatever its label
        PictureDecodeError("broken"),
    )
    total = tallied("digits", found)
    assert (total.pictures, total.n, total.errors) == (5, 5, 3)
    assert (total.unsure, total.refused, total.failed) == (2, 1, 1)
    assert (total.covered, total.candidates) == (3, 5)


def test_lines_are_counted() -> None:
    right = Reading(((digit(1), digit(2)), (digit(3),)))
    half = Reading(((digit(1), digit(2)), (digit(8, status="unsure"),)))
    found = outcomes("lines", ["12\n3", "12\n3", "12\n3"], right, half, PictureDecodeError("broken"))
    total = tallied("lines", found)
    assert (total.pictures, total.n, total.errors) == (3, 6, 3)
    assert (total.unsure, total.failed, total.covered) == (1, 1, None)


def test_what_is_called_a_digit_is_counted() -> None:
    found = outcomes("not digits", [""] * 3, digit(1), digit(1, status="unsure"), digit(None, status="not_a_digit"))
    total = tallied("not digits", found)
    assert (total.n, total.errors, total.refused) == (3, 2, 1)


@pytest.mark.parametrize(
    ("truth", "found", "right"),
    [
        (["12", "3"], ["12", "3"], 2),
        (["12", "3"], ["0", "12", "3"], 2),  # one line too many above
        (["12", "3", "45"], ["12", "45"], 2),
        (["12", "3"], ["3", "12"], 1),  # the order counts
        (["12", "12"], ["12"], 1),
        (["12"], [""], 0),
    ],
)
def test_a_line_counts_only_if_it_is_exact_and_in_order(truth: list[str], found: list[str], right: int) -> None:
    assert load("pictures.scoring").exact_lines(truth, found) == right


def test_parts_of_a_set_have_rows_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    scoring, sets = load("pictures.scoring"), load("pictures.sets")
    classifier = Scripted(digit(1, 1), digit(2, 2), digit(3, 3))
    classifier.metadata = dataclasses.make_dataclass("Metadata", ["recipe"])({"preset": "scripted"})  # type: ignore[attr-defined]
    monkeypatch.setattr(scoring, "_classifier", lambda _: classifier)
    blank = np.zeros((2, 2), np.uint8)
    examples = tuple(
        sets.Example(blank, text, part) for text, part in (("1", "photo"), ("0", "drawing"), ("3", "photo"))
    )
    rows = scoring.measure_set(sets.FileSet("single", "digits", examples), seed=4)
    assert [(one.name, one.n, one.errors) for one in rows] == [
        ("single", 3, 1),
        ("single: drawing", 1, 1),
        ("single: photo", 2, 0),
    ]
    assert {(one.seed, one.preset, one.is_rendered) for one in rows} == {(4, "scripted", False)}


def test_several_processes_count_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    scoring, samples = load("pictures.scoring"), load("pictures.samples")
    monkeypatch.setattr(scoring, "_SLICE", 3)
    pictures = samples.RenderedDigits("mild", 8, 0)
    alone, together = (scoring.measure_set(pictures, seed=0, jobs=jobs) for jobs in (1, 2))
    assert [dataclasses.replace(one, median_ms=0.0) for one in alone] == [
        dataclasses.replace(one, median_ms=0.0) for one in together
    ]


# The command


def test_a_folder_is_measured_printed_and_recorded(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main, measured = load("pictures.__main__").main, tmp_path / "rows.json"
    assert main(["--folder", str(folder / "single"), "--measured", str(measured), "--record"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split()[:4] == ["set", "counted", "n", "errors"]
    # blank pictures hold no digit, which is an error twice; Wilson's interval for 2 of 2
    assert printed[1].split() == [
        "single",
        "digits",
        "2",
        "2",
        *["100.00", "%", "34.24", "to", "100.00", "0", "2", "0"],
        *printed[1].split()[-1:],
    ]
    rows = load("pictures.measured").load_measured(measured)
    assert {one.name for one in rows} == {"single", "single: photo", "single: drawing"}
    assert str(folder) not in measured.read_text(encoding="utf-8")


def test_json_goes_to_stdout_and_the_table_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert load("pictures.__main__").main(["measure", "mnist", "--n", "5", "--seed", "1", "--json"]) == 0
    captured = capsys.readouterr()
    (found,) = json.loads(captured.out)
    assert (found["name"], found["n"], found["seed"], found["is_rendered"]) == ("MNIST test images", 5, 1, True)
    assert "MNIST test images" in captured.err


def test_rendered_sets_are_chosen_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert load("pictures.__main__").main(["render", "levels", "nothing", "--n", "1"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names == ["set", "mild", "hard", "blank", "noise", "scribble"]
    with pytest.raises(SystemExit, match="2"):
        load("pictures.__main__").main(["render", "everything"])


def test_a_mistake_is_one_line_and_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert load("pictures.__main__").main(["measure", str(tmp_path / "nowhere")]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
