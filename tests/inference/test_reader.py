"""read_number with the bundled model, on pages of MNIST's test digits whose text is known."""

import time
from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from digitnet.arrays import AnyArray, GrayPicture, Images
from digitnet.datasets import Dataset
from digitnet.errors import PictureDecodeError
from digitnet.inference.answers import Digit, Reading
from digitnet.inference.classifier import Classifier, load_classifier
from digitnet.inference.decision import Place, Thresholds, verdicts
from digitnet.inference.reader import trace_digit, trace_number


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load_classifier()


@pytest.fixture(scope="module")
def glyphs(mnist: tuple[Dataset, Dataset], classifier: Classifier) -> list[GrayPicture]:
    """For each digit the test image, cut out, that the network is surest of among a hundred, at 80 pixels."""
    images, labels = mnist[1].images[:1500], mnist[1].labels[:1500]
    logits = classifier.predict_logits(images)
    found = []
    for digit in range(10):
        of_digit = np.flatnonzero(labels == digit)[:100]
        image = images[of_digit[logits[of_digit, digit].argmax()]]
        left, top, width, height = cv2.boundingRect((image > 63).astype(np.uint8))
        large = cv2.resize(
            image[top : top + height, left : left + width], None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC
        )
        found.append(np.asarray(large, np.uint8))
    return found


def written(glyphs: list[GrayPicture], lines: list[str], gap: int = 16, drop: float = 0.0) -> GrayPicture:
    """Lines of digits as ink; `gap` pixels between their boxes, each line falling by `drop` rows a column."""
    ink = np.zeros((60 + 140 * len(lines) + 400, 1400), np.uint8)
    for number, line in enumerate(lines):
        left = 60
        for letter in line:
            glyph = glyphs[int(letter)]
            top = 60 + 140 * number + 80 - len(glyph) + round(drop * left)
            window = ink[top : top + len(glyph), left : left + glyph.shape[1]]
            np.maximum(window, glyph, out=window)
            left += glyph.shape[1] + gap
    rows, columns = np.nonzero(ink)
    return np.asarray(np.pad(ink[: rows.max() + 1, : columns.max() + 1], ((0, 60), (0, 60))), np.uint8)


def on_paper(ink: GrayPicture) -> GrayPicture:
    return np.asarray(np.rint(230 - ink * (190 / 255)), np.uint8)


@pytest.mark.parametrize("lines", [["2026"], ["0123456789"], ["31", "4159", "265"], ["7"], ["11", "11"]])
def test_numbers_are_read_in_lines(classifier: Classifier, glyphs: list[GrayPicture], lines: list[str]) -> None:
    reading = classifier.read_number(on_paper(written(glyphs, lines)))
    assert reading.text == "\n".join(lines)
    assert [[digit.line for digit in line] for line in reading.lines] == [[k] * len(x) for k, x in enumerate(lines)]
    assert reading.digits == tuple(digit for line in reading.lines for digit in line)


def test_boxes_lie_around_the_digits(classifier: Classifier, glyphs: list[GrayPicture]) -> None:
    ink = written(glyphs, ["2026"])
    left = 60
    for digit in classifier.read_number(on_paper(ink)).digits:
        width = glyphs[digit.label or 0].shape[1]
        np.testing.assert_allclose(digit.box[0::2], (left, width), atol=3)
        left += width + 16


@pytest.mark.parametrize("gap", [-6, -3, 0, 2])
def test_touching_digits_are_taken_apart(classifier: Classifier, glyphs: list[GrayPicture], gap: int) -> None:
    reading = classifier.read_number(on_paper(written(glyphs, ["2385"], gap)))
    assert reading.text == "2385"
    assert gap > -6 or any("cut from a neighbour" in note for note in reading.notes)


@pytest.mark.parametrize("drop", [-0.25, -0.1, 0.15, 0.3])
def test_sloping_lines_are_followed(classifier: Classifier, glyphs: list[GrayPicture], drop: float) -> None:
    ink = written(glyphs, ["602385", "940862"], drop=abs(drop))
    ink = ink if drop > 0 else np.ascontiguousarray(written(glyphs, ["602385", "940862"], drop=0.0))
    turned = cv2.getRotationMatrix2D((ink.shape[1] / 2, ink.shape[0] / 2), 45 * max(-drop, 0), 1)
    ink = (
        np.asarray(cv2.warpAffine(np.pad(ink, 150), turned, (ink.shape[1] + 300, ink.shape[0] + 300)), np.uint8)
        if drop < 0
        else ink
    )
    reading = classifier.read_number(on_paper(ink))
    assert reading.text == "602385\n940862"
    assert any("degrees: the lines sloped" in note for note in reading.notes)


def test_a_broken_digit_is_put_together(classifier: Classifier, glyphs: list[GrayPicture]) -> None:
    ink = written(glyphs, ["280"], gap=30)
    ink[94:106, : 60 + glyphs[2].shape[1] + 15] = 0  # a gap of 12 of 80 pixels through the 2
    reading = classifier.read_number(on_paper(ink))
    assert reading.text == "280"
    assert any("joined from pieces" in note for note in reading.notes)


def test_punctuation_and_specks_are_left_out(classifier: Classifier, glyphs: list[GrayPicture]) -> None:
    ink = written(glyphs, ["238"], gap=40)
    positions = np.flatnonzero(ink.max(axis=0) == 0)
    between = [int(p) for p in positions if p > 62][20]
    cv2.circle(ink, (between, 135), 6, 255, -1)  # a full stop
    cv2.circle(ink, (30, 30), 3, 255, -1)
    assert classifier.read_number(on_paper(ink)).text == "238"


def test_a_blank_page_is_no_number(classifier: Classifier) -> None:
    reading = classifier.read_number(np.full((80, 60), 240, np.uint8))
    assert (reading.lines, reading.text, reading.status) == ((), "", "not_a_digit")
    assert reading.notes == ("nothing written",)


def test_five_thousand_specks_take_no_time(classifier: Classifier) -> None:
    rng = np.random.default_rng(0)
    page = np.full((900, 1200), 240, np.uint8)
    rows, columns = rng.integers(0, 897, 5000), rng.integers(0, 1197, 5000)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        page[row : row + 3, column : column + 3] = 20
    started = time.process_time()
    answers = (classifier.read_number(page), classifier.read_digit(page))
    assert time.process_time() - started < 4  # two readings
    assert [answer.status for answer in answers] == ["not_a_digit", "not_a_digit"]


def test_a_damaged_picture_is_an_error(classifier: Classifier) -> None:
    with pytest.raises(PictureDecodeError):
        classifier.read_number(b"no picture")


def test_what_was_seen_on_the_way_is_kept(classifier: Classifier, glyphs: list[GrayPicture]) -> None:
    picture = on_paper(written(glyphs, ["26"]))
    trace = classifier.trace_number(picture, with_steps=True)
    assert trace.reading == classifier.read_number(picture)
    assert classifier.predict(trace.images).tolist() == [2, 6]
    assert trace.ink.shape == picture.shape
    assert trace.steps[0][1].shape[:2] == picture.shape
    assert not classifier.trace_number(picture).steps
    one = classifier.trace_digit(picture[:, :150])
    assert one.digits == (classifier.read_digit(picture[:, :150]),)


def with_a_bar(ink: GrayPicture) -> GrayPicture:
    """The digit, and something that is none to the left of it: hatching."""
    wide = np.pad(ink, ((0, 0), (150, 0)))
    for row in range(60, 130, 16):
        wide[row : row + 6, 20:110] = 255
    return np.asarray(wide, np.uint8)


@pytest.mark.parametrize("text", ["2", "3", "5", "8"])
def test_what_lies_beside_a_digit_is_left_alone(classifier: Classifier, glyphs: list[GrayPicture], text: str) -> None:
    ink = written(glyphs, [text])
    found = classifier.read_digit(on_paper(with_a_bar(ink)))
    assert (found.text, found.status) == (text, "ok")
    left, top, width, height = found.box
    np.testing.assert_allclose((left, top, width, height), (210, 60, glyphs[int(text)].shape[1], 80), atol=3)


def test_what_is_no_digit_in_any_look_stays_none(classifier: Classifier) -> None:
    nothing = with_a_bar(np.zeros((200, 120), np.uint8))
    assert classifier.read_digit(on_paper(nothing)).status == "not_a_digit"
    nothing[90:100, 20:] = 255  # more of the same, and pieces apart
    nothing[20:40, 200:215] = 255
    assert classifier.read_digit(on_paper(nothing)).status == "not_a_digit"


def test_a_digit_under_a_shadow_that_hides_it_is_found_by_looking_again(
    classifier: Classifier, glyphs: list[GrayPicture]
) -> None:
    """Red on paper of its own brightness, under the edge of a hard shadow: only colour tells it."""
    ink = np.pad(written(glyphs, ["5"]), ((20, 20), (20, 20)))
    cover = ink[:, :, np.newaxis] / 255.0
    scene = (1 - cover) * np.array([205.0, 160, 120]) + cover * np.array([225.0, 135, 60])
    scene[:, scene.shape[1] // 2 :] *= 0.5
    trace = classifier.trace_digit(np.rint(scene).astype(np.uint8), with_steps=True)
    assert (trace.digits[0].text, trace.digits[0].status) == ("5", "ok")
    assert "looked again: told by colour" in trace.digits[0].notes
    assert [name for name, _ in trace.steps] == ["the picture", "contrast of colours", "ink"]


def test_a_page_whose_ink_was_missed_is_looked_at_again(classifier: Classifier, glyphs: list[GrayPicture]) -> None:
    """Orange on brown under a shadow; at first only the edge of the shadow shows."""
    ink = np.pad(written(glyphs, ["2385"]), ((20, 20), (20, 20)))
    cover = ink[:, :, np.newaxis] / 255.0
    scene = (1 - cover) * np.array([205.0, 160, 120]) + cover * np.array([225.0, 135, 60])
    scene[:, scene.shape[1] // 2 :] *= 0.5
    picture = np.rint(scene).astype(np.uint8)
    assert classifier.read_number(picture).text == "2385"
    assert "looked again: told by colour" in classifier.read_number(picture).notes


def digit(text: str, status: str, line: int = 0) -> Digit:
    return Digit(1, text, 0.9, (1,), (0.1, 0.9), (0, 0, 1, 1), line, status)  # type: ignore[arg-type]


def test_the_text_and_the_status_of_a_reading() -> None:
    ok, unsure, no = digit("1", "ok"), digit("2", "unsure", 1), digit("", "not_a_digit", 1)
    assert Reading(((ok, ok), (unsure, no))).text == "11\n2"
    assert Reading(((ok,), (no,))).text == "1"
    assert Reading(((digit("pear", "ok"), digit("fig", "ok")),)).text == "pear fig"
    for digits, status in (((ok, ok), "ok"), ((ok, unsure), "unsure"), ((ok, no), "unsure"), ((no, no), "not_a_digit")):
        assert Reading((digits,)).status == status
    assert Reading(()).status == "not_a_digit"


class OneEyed:
    """A judge that reads every piece as a 7, and refuses those that stand where it was told."""

    class_names = tuple("0123456789")

    def __init__(self, refused: set[int]) -> None:
        self.refused = refused
        self.asked_about_lines = False

    def score(self, images: Images) -> AnyArray:
        return np.where(np.arange(10) == 7, 20.0, 0.0) * np.ones((len(images), 1))

    def oddness(self, images: Images) -> AnyArray | None:
        return np.zeros(len(images))

    def judge(self, images: Images, places: Sequence[Place | None], *, in_lines: bool = False) -> list[Digit]:
        self.asked_about_lines |= in_lines
        probabilities = np.tile(np.eye(10, dtype=np.float32)[7], (len(images), 1))
        scores = np.array([-1.0 if number in self.refused else 1.0 for number in range(len(images))])
        limits = Thresholds(0.8, 0.99, 0.5, 0.0)
        return verdicts(probabilities, scores, places, [()] * len(images), self.class_names, limits)


def strokes(heights: list[list[int]]) -> GrayPicture:
    """Lines of upright strokes of so many pixels, dark on light."""
    ink = np.zeros((40 + 140 * len(heights), 60 + 60 * max(map(len, heights))), np.uint8)
    for row, line in enumerate(heights):
        for column, height in enumerate(line):
            bottom = 120 + 140 * row
            ink[bottom - height : bottom, 40 + 60 * column : 52 + 60 * column] = 255
    return on_paper(ink)


def test_what_is_refused_inside_a_number_leaves_a_mark() -> None:
    """A number with a hole in it must not look like another number."""
    judge = OneEyed({1})
    trace = trace_number(strokes([[80, 80, 80]]), judge)
    assert judge.asked_about_lines
    assert [digit.text for digit in trace.digits] == ["7", "", "7"]
    assert (trace.reading.text, trace.reading.status) == ("77", "unsure")
    assert len(trace.images) == 3


def test_what_is_refused_and_small_is_left_out_and_the_number_stays_sure() -> None:
    trace = trace_number(strokes([[80, 80, 36]]), OneEyed({2}))
    assert (trace.reading.text, trace.reading.status, len(trace.images)) == ("77", "ok", 2)
    assert any("left out: no digit" in note for note in trace.reading.notes)


def test_a_line_of_nothing_but_scribble_is_no_line() -> None:
    trace = trace_number(strokes([[80, 80], [80, 80], [80, 80]]), OneEyed({2, 3}))
    assert trace.reading.text == "77\n77"
    assert [digit.line for digit in trace.digits] == [0, 0, 1, 1]
    nothing = trace_number(strokes([[80, 80]]), OneEyed({0, 1}))
    assert (nothing.reading.lines, nothing.reading.status, nothing.images.shape) == ((), "not_a_digit", (0, 28, 28))


class Doubtful(OneEyed):
    """A judge to whom everything looks as odd as it was told; it remembers what it was told of the surroundings."""

    def __init__(self, oddness: float, refused: set[int] | None = None) -> None:
        super().__init__(refused or set())
        self.odd = oddness
        self.told: list[Place | None] = []
        self.in_lines: list[bool] = []

    def oddness(self, images: Images) -> AnyArray | None:
        return np.full(len(images), self.odd)

    def judge(self, images: Images, places: Sequence[Place | None], *, in_lines: bool = False) -> list[Digit]:
        self.told += places
        self.in_lines.append(in_lines)
        return super().judge(images, places, in_lines=in_lines)


def told_of(picture: GrayPicture, oddness: float) -> Place:
    judge = Doubtful(oddness)
    trace_digit(picture, judge)
    (place,) = judge.told
    assert place is not None
    return place


def test_odd_ink_is_the_odder_the_more_beside_it_is_as_dark() -> None:
    """The ink is the sharp edge of a shadow that gets lighter to the left."""
    x = np.broadcast_to(np.arange(200.0), (200, 200))
    depth = np.where(x < 130, np.clip((x - 60) / 70, 0, 1), 0) * 0.5
    noise = np.random.default_rng(0).normal(0, 1.5, x.shape)
    edge = np.clip(220 * (1 - depth) + noise, 0, 255).astype(np.uint8)
    found = told_of(edge, 1.0)
    assert 0.5 < found.oddness < 2
    assert f"{50 * found.oddness:.0f} % of what lies beside it is like it" in found.notes
    stroke = told_of(strokes([[80]]), 1.0)
    assert (stroke.oddness, any("beside" in note for note in stroke.notes)) == (0.0, False)


def test_what_looks_like_a_digit_is_not_asked_for_its_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digitnet.inference.reader.inklike_surroundings", lambda *_: 1.0)
    assert told_of(strokes([[80]]), 0.0).oddness == 0
    assert told_of(strokes([[80]]), 1.0).oddness == 2
    assert told_of(strokes([[80]])[90:118, 32:60], 1.0).oddness == 0  # so small a picture has no surroundings


@pytest.mark.parametrize(("oddness", "alone"), [(0.0, False), (1.0, True)])
def test_a_number_without_one_typical_digit_is_refused_as_single_digits_are(oddness: float, alone: bool) -> None:
    judge = Doubtful(oddness)
    trace = trace_number(strokes([[80, 80, 80]]), judge)
    assert trace.reading.text == "777"
    assert len(judge.told) == (6 if alone else 3)
    assert judge.in_lines[-1] != alone
    assert judge.in_lines[0]
    refusing = Doubtful(oddness, refused={0, 1, 2})
    refused = trace_number(strokes([[80, 80, 80]]), refusing).reading
    assert (refused.text, refused.status, refused.digits) == ("", "not_a_digit", ())


@pytest.mark.parametrize(("oddness", "count"), [(0.0, 24), (1.0, 0)])
def test_many_pieces_of_which_none_looks_like_a_digit_are_none(oddness: float, count: int) -> None:
    reading = trace_number(strokes([[80] * 8] * 3), Doubtful(oddness, refused={3})).reading
    assert len(reading.digits) == count
    assert (reading.status, reading.notes[-1:] == ("24 pieces left out: no digit, to judge by the looks",)) == (
        ("unsure", False) if count else ("not_a_digit", True)
    )


@pytest.mark.parametrize(("oddness", "count"), [(0.0, 420), (1.0, 0)])
def test_hundreds_of_pieces_are_looked_at_by_a_sample(
    oddness: float, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before any of them is cut."""
    monkeypatch.setattr("digitnet.segmentation.page.find_cuts", lambda *_: [] if count else pytest.fail("cut"))
    reading = trace_number(strokes([[80] * 28] * 15), Doubtful(oddness, {0})).reading
    assert len(reading.digits) == count
    assert any("420 pieces left out" in note for note in reading.notes) == (count == 0)


@pytest.mark.parametrize("lines", [3, 15])
def test_who_always_answers_answers_crowds_too(lines: int) -> None:
    assert len(trace_number(strokes([[80] * 28] * lines), Doubtful(1.0)).digits) == 28 * lines


@pytest.mark.parametrize("width", [4, 6])
def test_scribble_is_no_number(classifier: Classifier, width: int) -> None:
    """Zigzags to and fro; as single pictures and as pages they are the same."""
    for seed in range(6):
        rng = np.random.default_rng(seed)
        x = np.where(np.arange(14) % 2, 150, 50) + rng.uniform(-12, 12, 14)
        y = np.linspace(45, 155, 14) + rng.uniform(-4, 4, 14)
        picture = np.full((200, 200), 225, np.uint8)
        cv2.polylines(picture, [np.stack([x, y], axis=1).astype(np.int32)], False, 40, width, cv2.LINE_AA)
        assert classifier.read_number(picture).status == classifier.read_digit(picture).status == "not_a_digit"
