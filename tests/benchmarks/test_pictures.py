"""Sets of pictures, counting, and the figures of docs/pictures.md. Nothing here measures for the page."""

import csv
import io
import json
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
from made_up_benchmarks import load, needs_checkout

pytestmark = needs_checkout


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
    refused, called, area = refusal.refusal_rows(np.arange(200.0), np.array([-1.0, 1.0, 2.0, 300.0]))
    assert (refused.value, refused.n, called.value, called.n) == (2, 200, 2, 4)
    assert area.value == round(refusal.area_under_curve(np.arange(200.0), np.array([-1.0, 1.0, 2.0, 300.0])), 5)


def test_a_blank_picture_scores_below_every_digit() -> None:
    pictures = np.full((3, 40, 40), 255, np.uint8)
    pictures[::2, 10:30, 18:22] = 0
    scores = load("pictures.refusal").scores_of(load_classifier(), pictures)
    assert scores[1] == -np.inf
    assert scores[0] == scores[2] > 0


def test_a_sample_fits_into_its_tile() -> None:
    wide = np.zeros((10, 40, 3), np.uint8)
    tile = load("pictures.figures").fitted(wide, 88, 88)
    rows, columns = (np.flatnonzero((tile == 0).any(axis=(axis, 2))) for axis in (1, 0))
    assert tile.shape == (88, 88, 3)
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (33, 54, 0, 87)


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
    assert [(one.text, one.part) for one in list(found["single"])] == [("3", "photo"), ("4", "drawing")]
    assert [one.text for one in list(found["pages"])] == ["123\n45", "6"]
    assert [one.text for one in list(found["by_class"])] == ["7", "7"]
    assert [found["hands"][place].text for place in range(3)] == ["1", "2", "3"]
    assert found["hands"][2].picture[0, 0] == 40
    assert [len(found[name]) for name in ("not_digits_cats", "not_digits_shoes")] == [2, 3]
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
    whole = sets.array_set("hands", "digits", np.zeros((50, 2, 2), np.uint8), tuple(map(str, range(50))))

    def texts(size: int, seed: int) -> list[str]:
        part = sets.subset(whole, size, seed)
        return [part[place].text for place in range(len(part))]

    assert texts(10, 1) == texts(10, 1) != texts(10, 2)
    assert len(set(texts(10, 1))) == 10
    assert texts(80, 1) == [str(number) for number in range(50)]


# Rendered sets


def test_a_rendered_set_follows_from_its_seed_and_shows_what_it_says(mnist: tuple[Dataset, Dataset]) -> None:
    samples = load("pictures.rendered_sets")
    short, long = samples.rendered_digits("hard", 3, 7), samples.rendered_digits("hard", 9, 7)
    assert np.array_equal(short[2].picture, long[2].picture)
    assert short[2].text == samples.rendered_digits("blur 0.75", 9, 7)[2].text
    assert [short[place].text for place in range(3)] != [
        samples.rendered_digits("hard", 3, 8)[place].text for place in range(3)
    ]
    # the label belongs to the image that was drawn: the plain picture is most like an image with that label
    small = mnist[1].images.reshape(-1, 784).astype(np.float32)
    small /= np.linalg.norm(small, axis=1, keepdims=True)
    plain = samples.rendered_digits("plain", 5, 7)
    for example in (plain[place] for place in range(5)):
        # 6 pixels for one of MNIST's; the digit's box stands in the middle, its centre of mass a little beside
        ink = 255 - np.asarray(example.picture)[:, :, 0][16:184, 16:184].astype(np.float32)
        frame = ink.reshape(28, 6, 28, 6).mean(axis=(1, 3))
        shifted = [np.roll(frame, (down, across), (0, 1)) for down in range(-3, 4) for across in range(-3, 4)]
        likeness = small @ np.reshape(shifted, (-1, 784)).T
        assert str(mnist[1].labels[likeness.max(axis=1).argmax()]) == example.text


def test_rendered_lines_have_as_many_digits_as_boxes() -> None:
    samples = load("pictures.rendered_sets")
    lines = samples.rendered_lines("plain", 16, 0)
    counts = []
    for place in range(16):
        text = lines[place].text
        assert len(lines[place].boxes) == len(text.replace("\n", ""))
        assert all(2 <= len(line) <= 8 for line in text.split("\n"))
        counts.append(text.count("\n") + 1)
    assert set(counts) == {1, 2, 3}


def test_pictures_without_digits_are_what_they_say() -> None:
    samples = load("pictures.rendered_sets")
    for name in samples.NOTHINGS:
        pictures = samples.rendered_nothing(name, 4, 0)
        assert pictures.kind == "not digits"
        assert pictures[1].text == ""
        assert np.array_equal(pictures[1].picture, samples.rendered_nothing(name, 2, 0)[1].picture)
        assert not np.array_equal(pictures[1].picture, pictures[2].picture)


def test_the_stress_sets_are_all_hardships_at_all_severities() -> None:
    names = [(one.name, one.kind) for one in load("pictures.rendered_sets").stress_sets(5, 0)]
    assert len(set(names)) == 4 * len(load("rendering.hardships").HARDSHIPS)
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


def tallied(found: list[Any]) -> dict[str, float]:
    return {row.measure: row.value for row in load("pictures.scoring").rows_of("made up", found)}


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
    total = tallied(found)
    assert [total[name] for name in ("errors", "unsure", "refused", "failed")] == [3, 2, 1, 1]
    assert (total["coverage"], total["candidates"]) == (3 / 4, 5 / 4)
    assert total["sure and wrong"] == 0
    assert tallied(outcomes("digits", ["3", "4"], digit(5, 5), digit(4, 4)))["sure and wrong"] == 1


def test_lines_are_counted() -> None:
    right = Reading(((digit(1), digit(2)), (digit(3),)))
    half = Reading(((digit(1), digit(2)), (digit(8, status="unsure"),)))
    found = outcomes("lines", ["12\n3", "12\n3", "12\n3"], right, half, PictureDecodeError("broken"))
    total = tallied(found)
    assert [total[name] for name in ("errors", "unsure", "failed")] == [3, 1, 1]
    assert "coverage" not in total
    assert load("pictures.scoring").rows_of("made up", found)[0].n == 6


def test_what_is_called_a_digit_is_counted() -> None:
    found = outcomes("not digits", [""] * 3, digit(1), digit(1, status="unsure"), digit(None, status="not_a_digit"))
    total = tallied(found)
    assert (total["errors"], total["refused"], total["sure and wrong"]) == (2, 1, 1)


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        ((("12", "ok"), ("3", "ok")), 0),
        ((("12", "ok"), ("8", "ok")), 1),
        ((("12", "ok"), ("8", "unsure")), 0),
        ((("12", "ok"), ("3", "ok"), ("77", "ok")), 1),  # a line that nobody wrote
        ((("77", "unsure"), ("12", "ok"), ("3", "ok")), 0),
        ((("3", "ok"),), 0),  # a line that was missed is wrong, and nobody is sure of it
        ((("12", "not_a_digit"),), 0),
    ],
)
def test_a_wrong_line_is_sure_if_all_its_digits_are(answer: tuple[tuple[str, str], ...], count: int) -> None:
    lines = tuple(tuple(digit(int(one), status=status) for one in text) for text, status in answer)
    assert load("pictures.scoring").sure_and_wrong_lines(["12", "3"], Reading(lines)) == count


def test_one_digit_in_doubt_makes_its_line_unsure() -> None:
    line = (digit(1), digit(9, status="unsure"))
    refused = (digit(1), digit(9, status="not_a_digit"), digit(5))
    sure = load("pictures.scoring").sure_and_wrong_lines
    assert sure(["12"], Reading((line,))) == sure(["12"], Reading((refused,))) == 0


@pytest.mark.parametrize(
    ("truth", "found", "pairs"),
    [
        (["12", "345"], ["345"], [(0, None), (1, 0)]),
        (["12"], ["777", "13"], [(None, 0), (0, 1)]),
        (["1234", "56"], ["1235", "56"], [(0, 0), (1, 1)]),
        ([], ["1"], [(None, 0)]),
    ],
)
def test_lines_are_aligned_with_the_fewest_edits(
    truth: list[str], found: list[str], pairs: list[tuple[int | None, int | None]]
) -> None:
    assert load("pictures.scoring").aligned_lines(truth, found) == pairs


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
    monkeypatch.setattr(scoring, "_classifier", lambda _: classifier)
    blank = np.zeros((2, 2), np.uint8)
    found = [("1", "photo"), ("0", "drawing"), ("3", "photo")]
    examples = tuple(sets.Example(blank, text, part) for text, part in found)
    rows = scoring.measure_set(sets.PictureSet("single", "digits", 3, examples.__getitem__))
    errors = [(row.subject, row.n, row.value) for row in rows if row.measure == "errors"]
    assert errors == [("single, digits", 3, 1), ("single, drawing", 1, 1), ("single, photo", 2, 0)]


def test_several_processes_count_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    scoring = load("pictures.scoring")
    monkeypatch.setattr(scoring, "_SLICE", 3)
    pictures = load("pictures.rendered_sets").rendered_digits("mild", 8, 0)
    alone, together = (scoring.measure_set(pictures, jobs=jobs) for jobs in (1, 2))
    assert [row for row in alone if row.unit != "s"] == [row for row in together if row.unit != "s"]


# The command


def test_a_folder_is_measured_printed_and_recorded(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main, measured = load("pictures.__main__").main, tmp_path / "rows.json"
    assert main(["--folder", str(folder / "single"), "--measured", str(measured), "--record"]) == 0
    printed = capsys.readouterr().out.splitlines()
    # blank pictures hold no digit, which is an error twice; Wilson's interval for 2 of 2
    assert printed[1].split()[:3] == ["single,", "digits", "0.00"]  # none of them is sure
    assert printed[1].split()[6:10] == ["2", "100.00", "%", "[34.24,"]
    (run,) = load("results").load_runs(measured)
    assert {row.subject for row in run.rows} == {"single, digits", "single, photo", "single, drawing"}
    assert run.key == ("given", "single, digits")
    assert str(folder) not in measured.read_text(encoding="utf-8")


def test_json_goes_to_stdout_and_the_table_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert load("pictures.__main__").main(["measure", "mnist", "--n", "5", "--seed", "1", "--json"]) == 0
    captured = capsys.readouterr()
    found = {row["measure"]: row for row in json.loads(captured.out)}
    assert (found["errors"]["subject"], found["errors"]["n"]) == ("MNIST test images, digits", 5)
    assert "MNIST test images" in captured.err


def test_rendered_sets_are_chosen_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main, measured = load("pictures.__main__").main, tmp_path / "rows.json"
    assert main(["render", "levels", "nothing", "--n", "1", "--record", "--measured", str(measured)]) == 0
    names = [line.split(",")[0].split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names == ["set", "mild", "hard", "blank", "noise", "scribble"]
    experiments = [run.experiment for run in load("results").load_runs(measured)]
    assert experiments == ["levels", "levels", "nothing", "nothing", "nothing"]
    with pytest.raises(SystemExit, match="2"):
        main(["render", "everything"])


def test_kinds_are_rendered_at_the_levels_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main, measured = load("pictures.__main__").main, tmp_path / "rows.json"
    arguments = ["render", "date", "tight", "--level", "plain", "--n", "1", "--record", "--measured", str(measured)]
    assert main(arguments) == 0
    names = [line[:28].strip() for line in capsys.readouterr().out.splitlines()]
    assert names == ["set", "date plain, lines", "tight plain, digits", "tight plain, lines"]
    runs = load("results").load_runs(measured)
    assert {run.experiment for run in runs} == {"kinds"}
    assert [row.measure for row in runs[0].rows[:2]] == ["sure and wrong", "errors"]


def test_a_mistake_is_one_line_and_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert load("pictures.__main__").main(["measure", str(tmp_path / "nowhere")]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
