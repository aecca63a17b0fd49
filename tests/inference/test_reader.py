"""read_number with the bundled model, on pages of MNIST's test digits whose text is known."""

import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import pytest

from digitnet.arrays import AnyArray, GrayPicture, Images
from digitnet.errors import PictureDecodeError
from digitnet.inference.answers import Digit, Reading
from digitnet.inference.classifier import Classifier
from digitnet.inference.decision import Decision, Place, Thresholds
from digitnet.inference.letter_check import LetterCheck
from digitnet.inference.outputs import Outputs
from digitnet.inference.predictor import Predictor
from digitnet.inference.reader import Reader, ReadingThresholds, reader_for
from digitnet.notes import Note, NoteKind, in_words


@pytest.fixture(scope="module")
def glyphs(clearest_digits: list[GrayPicture]) -> list[GrayPicture]:
    """A digit of each kind, 80 pixels tall."""
    enlarged = [cv2.resize(digit, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC) for digit in clearest_digits]
    return [np.asarray(digit, np.uint8) for digit in enlarged]


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
    assert gap > -6 or any("separated from a digit" in note for note in reading.notes)


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
    assert time.process_time() - started < 10  # two readings: to take every speck for a digit would take a minute
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
    np.testing.assert_allclose((left, top, width, height), (210, 60, glyphs[int(text)].shape[1], 80), atol=5)


@pytest.mark.parametrize("width", [1, 3])
def test_a_frame_on_the_very_edge_changes_nothing(
    classifier: Classifier, glyphs: list[GrayPicture], width: int
) -> None:
    statuses = []
    for glyph, text in zip(glyphs, "0123456789", strict=True):
        picture = on_paper(np.pad(glyph, 24))
        usual = classifier.read_digit(picture)
        picture[:width] = picture[-width:] = 0
        picture[:, :width] = picture[:, -width:] = 0
        digit = classifier.read_digit(picture)
        assert (digit.text, digit.status) == (text, usual.status)
        statuses.append(digit.status)
    assert statuses.count("ok") >= 9  # a 0 that leans far may be a letter


def cropped(picture: GrayPicture, ink: GrayPicture) -> GrayPicture:
    """The box of what is inked by more than half."""
    left, top, width, height = cv2.boundingRect(np.asarray(ink > 115, np.uint8))
    return np.ascontiguousarray(picture[top : top + height, left : left + width])


def drawn_ring(axes: tuple[int, int], pen: int) -> GrayPicture:
    ink = np.zeros((400, 400), np.uint8)
    return np.asarray(cv2.ellipse(ink, (200, 200), axes, 0, 0, 360, 255, pen, cv2.LINE_AA), np.uint8)


def drawn_four() -> GrayPicture:
    ink = np.zeros((900, 560), np.uint8)
    bow = [[240, 80], [160, 230], [105, 370], [108, 440], [140, 490], [190, 515], [270, 520], [360, 500], [460, 462]]
    stem = [[415, 320], [405, 470], [390, 560], [382, 700], [384, 800]]
    return np.asarray(cv2.polylines(ink, [np.array(bow), np.array(stem)], False, 235, 18, cv2.LINE_AA), np.uint8)


@pytest.mark.parametrize(("ink", "text"), [(drawn_four(), "4"), (drawn_ring((85, 110), 10), "0")])
def test_strokes_that_turn_at_the_edge_of_a_drawing_are_no_edges_of_a_sheet(
    classifier: Classifier, ink: GrayPicture, text: str
) -> None:
    assert classifier.read_digit(cropped(255 - ink, ink)).text == text


def test_a_shaded_brush_on_black_is_found_where_it_fills_the_picture(classifier: Classifier) -> None:
    cover = drawn_ring((42, 74), 20)
    shades = cv2.GaussianBlur(np.random.default_rng(3).normal(0, 1, cover.shape), (0, 0), 2)
    brush = np.rint(cover * np.clip(0.7 + 0.1 * shades / shades.std(), 0, 1)).astype(np.uint8)
    assert classifier.read_digit(cropped(brush, cover)).text == "0"


def test_the_side_of_a_zero_that_the_edge_cuts_open_is_no_one(classifier: Classifier) -> None:
    picture = np.full((148, 148), 255, np.uint8)
    cv2.ellipse(picture, (74, 74), (52, 88), 0, 0, 360, 0, 18, cv2.LINE_AA)
    picture[:1] = picture[-1:] = 0
    picture[:, :1] = picture[:, -1:] = 0
    digit = classifier.read_digit(picture)
    assert digit.text != "1" or digit.status != "ok"


# Letters as a felt pen draws them, corners of their strokes in pixels.
LETTERS = {
    "A": [[(65, 105), (85, 30), (108, 104)], [(70, 78), (103, 76)]],
    "C": [[(104, 44), (88, 32), (70, 38), (60, 58), (60, 80), (72, 100), (90, 102), (106, 92)]],
    "F": [[(66, 106), (68, 34), (106, 32)], [(68, 66), (98, 64)]],
    "H": [[(62, 32), (64, 104)], [(104, 30), (106, 104)], [(64, 68), (104, 66)]],
    "K": [[(64, 30), (66, 104)], [(104, 34), (68, 70), (108, 104)]],
    "L": [[(68, 30), (66, 102), (108, 100)]],
    "M": [[(56, 104), (62, 34), (82, 80), (104, 32), (112, 104)]],
    "N": [[(62, 104), (64, 34), (102, 102), (106, 32)]],
    "tick": [[(50, 70), (72, 100), (118, 36)]],
}


def drawn_letter(name: str) -> GrayPicture:
    picture = np.full((130, 170), 255, np.uint8)
    strokes = [np.array(stroke, np.int32) for stroke in LETTERS[name]]
    return np.asarray(cv2.polylines(picture, strokes, False, 0, 9, cv2.LINE_AA), np.uint8)


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_or_a_tick_is_no_digit(classifier: Classifier, name: str) -> None:
    digit = classifier.read_digit(drawn_letter(name))
    assert digit.status == "not_a_digit"


@pytest.mark.parametrize("name", ["F", "H", "L", "N"])
def test_a_tiny_letter_is_no_digit_for_sure(classifier: Classifier, name: str) -> None:
    tiny = cv2.resize(drawn_letter(name)[15:120, 32:137], (28, 28), interpolation=cv2.INTER_AREA)
    assert classifier.read_digit(np.asarray(tiny, np.uint8)).status != "ok"


def test_a_letter_that_the_edge_cuts_may_be_a_digit_and_is_unsure(classifier: Classifier) -> None:
    digit = classifier.read_digit(drawn_letter("C")[28:, :])
    assert digit.status == "unsure"


def test_who_always_answers_gets_an_unsure_digit_for_a_letter(classifier: Classifier) -> None:
    single = dataclasses.replace(classifier.decision.single, refused_below=-np.inf, unlikely_below=-np.inf)
    always = dataclasses.replace(classifier.decision, single=single)
    (digit,) = reader_for(classifier.predictor, always).trace_digit(drawn_letter("C")).digits
    assert digit.status == "unsure"
    assert "may be a letter or a mark" in digit.notes


def test_a_digit_that_may_be_a_letter_is_unsure(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LetterCheck, "log_odds", lambda *_: -4.0)
    doubted = classifier.read_digit(on_paper(np.pad(drawn_seven(), 24)))
    assert (doubted.text, doubted.status) == ("7", "unsure")
    assert "may be a letter or a mark" in doubted.notes


def drawn_seven() -> GrayPicture:
    ink = np.zeros((80, 60), np.uint8)
    cv2.polylines(ink, [np.array([[6, 8], [52, 7], [28, 74]])], False, 255, 8, cv2.LINE_AA)
    return ink


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
    assert in_words([Note(NoteKind.SECOND_ATTEMPT_COLOUR)])[0] in trace.digits[0].notes
    assert [name for name, _ in trace.steps] == ["the picture", "contrast of colours", "ink"]


def test_a_page_whose_ink_was_missed_is_looked_at_again(classifier: Classifier, glyphs: list[GrayPicture]) -> None:
    """Orange on brown under a shadow; at first only the edge of the shadow shows."""
    ink = np.pad(written(glyphs, ["2385"]), ((20, 20), (20, 20)))
    cover = ink[:, :, np.newaxis] / 255.0
    scene = (1 - cover) * np.array([205.0, 160, 120]) + cover * np.array([225.0, 135, 60])
    scene[:, scene.shape[1] // 2 :] *= 0.5
    picture = np.rint(scene).astype(np.uint8)
    assert classifier.read_number(picture).text == "2385"
    assert in_words([Note(NoteKind.SECOND_ATTEMPT_COLOUR)])[0] in classifier.read_number(picture).notes
    hard_to_convince = Reader(classifier.predictor, classifier.decision, ReadingThresholds(min_gain=9))
    assert hard_to_convince.trace_number(picture).reading.text != "2385"


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


class SevensSession:
    """A model file that reads every image as a 7; it remembers what it was shown."""

    def __init__(self) -> None:
        self.shown: list[bytes] = []

    def run(self, names: Sequence[str], feeds: Mapping[str, Images]) -> list[AnyArray]:
        images = feeds["images"]
        self.shown += [image.tobytes() for image in images]
        logits = np.where(np.arange(10) == 7, 20.0, 0.0) * np.ones((len(images), 1))
        found = {"logits": logits, "probabilities": np.exp(logits - 20)}
        return [found[name].astype(np.float32) for name in names]


@dataclass(frozen=True)
class MadeUpDecision(Decision):
    """Refuses the digits of some places in each call, and gives every image the same outlier score.

    Attributes:
        refused: Positions in a call.
        outlier_score: Of every image.
        calls: The places of each call, and whether they were those of a number.
    """

    refused: frozenset[int] = frozenset()
    outlier_score: float = 0.0
    calls: list[tuple[list[Place | None], bool]] = field(default_factory=list)

    def outlier_scores(self, outputs: Outputs) -> AnyArray | None:
        return np.full(len(outputs), self.outlier_score)

    def digits(self, outputs: Outputs, places: Sequence[Place | None], *, in_number: bool = False) -> list[Digit]:
        self.calls.append((list(places), in_number))
        scores = np.array([-1.0 if number in self.refused else 1.0 for number in range(len(outputs))])
        return super().digits(dataclasses.replace(outputs, digit_score=scores), places, in_number=in_number)

    @property
    def places(self) -> list[Place | None]:
        """Those of all calls, one after the other."""
        return [place for places, _ in self.calls for place in places]


def sevens(refused: set[int] | None = None, outlier_score: float = 0.0, **changes: Any) -> Reader:
    limits = Thresholds(0.8, 0.99, 0.5, 0.0)
    names = tuple("0123456789")
    decision = MadeUpDecision(names, 1.0, limits, limits, None, frozenset(refused or ()), outlier_score)
    predictor = Predictor(SevensSession(), frozenset({"probabilities", "logits"}), 10, 1.0)
    return Reader(predictor, decision, ReadingThresholds(**changes))


def decision_of(reader: Reader) -> MadeUpDecision:
    assert isinstance(reader.decision, MadeUpDecision)
    return reader.decision


def shown_to(reader: Reader) -> list[bytes]:
    assert isinstance(reader.predictor.session, SevensSession)
    return reader.predictor.session.shown


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
    reader = sevens({1})
    trace = reader.trace_number(strokes([[80, 80, 80]]))
    assert all(in_number for _, in_number in decision_of(reader).calls)
    assert [digit.text for digit in trace.digits] == ["7", "", "7"]
    assert (trace.reading.text, trace.reading.status) == ("77", "unsure")
    assert len(trace.images) == 3


def test_what_is_refused_and_small_is_left_out_and_the_number_stays_sure() -> None:
    trace = sevens({2}).trace_number(strokes([[80, 80, 36]]))
    assert (trace.reading.text, trace.reading.status, len(trace.images)) == ("77", "ok", 2)
    assert trace.reading.notes[-1] == "1 mark ignored: it does not look like a digit"
    kept = sevens({2}, min_height_share=0.3).trace_number(strokes([[80, 80, 36]]))
    assert (kept.reading.status, len(kept.images)) == ("unsure", 3)


def test_a_line_of_nothing_but_scribble_is_no_line() -> None:
    trace = sevens({2, 3}).trace_number(strokes([[80, 80], [80, 80], [80, 80]]))
    assert trace.reading.text == "77\n77"
    assert [digit.line for digit in trace.digits] == [0, 0, 1, 1]
    nothing = sevens({0, 1}).trace_number(strokes([[80, 80]]))
    assert (nothing.reading.lines, nothing.reading.status, nothing.images.shape) == ((), "not_a_digit", (0, 28, 28))


def place_of(picture: GrayPicture, outlier_score: float, **changes: Any) -> Place:
    reader = sevens(outlier_score=outlier_score, **changes)
    reader.trace_digit(picture)
    (place,) = decision_of(reader).places
    assert place is not None
    return place


def edge_of_a_shadow() -> GrayPicture:
    """Its sharp edge is taken for ink; to the left of that it gets lighter."""
    x = np.broadcast_to(np.arange(200.0), (200, 200))
    depth = np.where(x < 130, np.clip((x - 60) / 70, 0, 1), 0) * 0.5
    noise = np.random.default_rng(0).normal(0, 1.5, x.shape)
    return np.clip(220 * (1 - depth) + noise, 0, 255).astype(np.uint8)


def test_an_outlier_is_the_farther_out_the_more_beside_it_is_as_dark() -> None:
    found = place_of(edge_of_a_shadow(), 1.0)
    assert 0.5 < found.outlier_penalty < 2
    note = f"{50 * found.outlier_penalty:.0f} % of what lies beside the ink looks like ink too"
    assert note in in_words(found.notes)
    stroke = place_of(strokes([[80]]), 1.0)
    assert stroke.outlier_penalty == 0
    assert NoteKind.INK_BESIDE_INK not in {note.kind for note in stroke.notes}


def test_how_much_surroundings_count_can_be_set() -> None:
    usual = place_of(edge_of_a_shadow(), 1.0)
    changed = place_of(edge_of_a_shadow(), 1.0, edge_penalty=6.0, min_noted_edge=0.9)
    assert changed.outlier_penalty == pytest.approx(3 * usual.outlier_penalty)
    assert len(changed.notes) == len(usual.notes) - 1


def test_what_looks_like_a_digit_is_not_asked_for_its_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digitnet.inference.reader.inklike_surroundings", lambda *_: 1.0)
    assert place_of(strokes([[80]]), 0.0).outlier_penalty == 0
    assert place_of(strokes([[80]]), 0.31).outlier_penalty == 2
    assert place_of(strokes([[80]]), 0.31, max_outlier_score=0.4).outlier_penalty == 0
    assert place_of(strokes([[80]])[90:118, 32:60], 1.0).outlier_penalty == 0  # so small a picture has no surroundings


@pytest.mark.parametrize(("outlier_score", "alone"), [(0.0, False), (1.0, True)])
def test_a_number_without_one_typical_digit_is_refused_as_single_digits_are(outlier_score: float, alone: bool) -> None:
    reader = sevens(outlier_score=outlier_score)
    trace = reader.trace_number(strokes([[80, 80, 80]]))
    assert trace.reading.text == "777"
    assert [in_number for _, in_number in decision_of(reader).calls] == [True, False][: 1 + alone]
    refused = sevens({0, 1, 2}, outlier_score).trace_number(strokes([[80, 80, 80]])).reading
    assert (refused.text, refused.status, refused.digits) == ("", "not_a_digit", ())


@pytest.mark.parametrize(
    ("outlier_score", "crowd", "count"), [(0.0, 20, 24), (1.0, 20, 0), (1.0, 24, 0), (1.0, 25, 24)]
)
def test_many_pieces_of_which_none_looks_like_a_digit_are_none(outlier_score: float, crowd: int, count: int) -> None:
    reading = sevens({3}, outlier_score, crowd=crowd).trace_number(strokes([[80] * 8] * 3)).reading
    assert len(reading.digits) == count
    note = "24 marks ignored: they do not look like digits"
    assert (reading.status, note in reading.notes) == (("unsure", False) if count else ("not_a_digit", True))


@pytest.mark.parametrize(("outlier_score", "count"), [(0.0, 420), (1.0, 0)])
def test_hundreds_of_pieces_are_looked_at_by_a_sample(
    outlier_score: float, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before any of them is cut."""
    monkeypatch.setattr("digitnet.segmentation.page.find_cuts", lambda *_: [] if count else pytest.fail("cut"))
    reading = sevens({0}, outlier_score).trace_number(strokes([[80] * 28] * 15)).reading
    assert len(reading.digits) == count
    assert ("420 marks ignored: they do not look like digits" in reading.notes) == (count == 0)


@pytest.mark.parametrize("lines", [3, 15])
def test_who_always_answers_answers_crowds_too(lines: int) -> None:
    assert len(sevens(outlier_score=1.0).trace_number(strokes([[80] * 28] * lines)).digits) == 28 * lines


def test_each_image_is_shown_to_the_network_once(glyphs: list[GrayPicture]) -> None:
    ink = on_paper(written(glyphs, ["238", "45"]))
    for outlier_score in (0.0, 1.0):
        reader = sevens(outlier_score=outlier_score)
        reader.trace_number(ink)
        assert len(shown_to(reader)) == len(set(shown_to(reader))) >= 5
        reader = sevens(outlier_score=outlier_score)
        reader.trace_digit(ink)
        assert len(shown_to(reader)) == len(set(shown_to(reader)))
        assert (len(shown_to(reader)) == 1) == (outlier_score == 0)  # else its pieces were shown, too


@pytest.mark.parametrize(
    ("lines", "changes", "again"),
    [
        (["2385"], {}, False),
        (["238"], {}, True),
        (["238"], {"few_digits": 2}, False),
        (["2385"], {"few_digits": 4}, True),
        (["2385"], {"max_typical_share": 1.0}, True),
        (["2385"], {"max_typical_share": 1.0, "max_digits_again": 3}, False),
        (["2385"], {"max_outlier_score": -1.0}, True),
        (["2385"], {"min_confidence": 1.1}, True),
        (["7777"], {"max_outlier_score_of_one": -1.0}, False),
    ],
)
def test_when_a_page_is_read_again(
    glyphs: list[GrayPicture], lines: list[str], changes: dict[str, Any], again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[str] = []

    def more(_: AnyArray) -> Any:
        attempts.append("asked for")
        return iter(())

    monkeypatch.setattr("digitnet.pictures.loading.other_binarizations", more)
    sevens(**changes).trace_number(on_paper(written(glyphs, lines)))
    assert bool(attempts) == again


@pytest.mark.parametrize("width", [4, 6])
def test_scribble_is_no_number(classifier: Classifier, width: int) -> None:
    """Zigzags to and fro; as single pictures and as pages they are the same."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        x = np.where(np.arange(14) % 2, 150, 50) + rng.uniform(-12, 12, 14)
        y = np.linspace(45, 155, 14) + rng.uniform(-4, 4, 14)
        picture = np.full((200, 200), 225, np.uint8)
        cv2.polylines(picture, [np.stack([x, y], axis=1).astype(np.int32)], False, 40, width, cv2.LINE_AA)
        assert classifier.read_number(picture).status == classifier.read_digit(picture).status == "not_a_digit"
