"""The JSON form of an answer is part of the public contract: keys, types and values by hand."""

import json

from digitnet.errors import PictureDecodeError
from digitnet.inference.answers import Digit, Reading, error_outcome, outcome

THREE = Digit(
    label=3,
    text="three",
    confidence=0.75,
    candidates=(3, 5),
    probabilities=(0.0, 0.0, 0.0, 0.75, 0.0, 0.25),
    box=(4, 5, 20, 30),
    line=0,
    status="unsure",
    notes=("inverted: dark ink on light paper",),
)
BLANK = Digit(None, "", 0.0, (), (), (0, 0, 9, 8), 0, "not_a_digit", ("nothing written",))


def test_a_digit_in_json() -> None:
    assert json.loads(json.dumps(outcome("a.png", THREE), allow_nan=False)) == {
        "file": "a.png",
        "status": "unsure",
        "text": "three",
        "digits": [
            {
                "label": 3,
                "confidence": 0.75,
                "candidates": [3, 5],
                "probabilities": [0.0, 0.0, 0.0, 0.75, 0.0, 0.25],
                "box": [4, 5, 20, 30],
                "line": 0,
                "status": "unsure",
            }
        ],
        "notes": ["inverted: dark ink on light paper"],
        "error": None,
    }


def test_a_blank_picture_in_json() -> None:
    answer = json.loads(json.dumps(outcome("b.png", BLANK)))
    assert (answer["status"], answer["text"], answer["error"]) == ("not_a_digit", "", None)
    (digit,) = answer["digits"]
    assert (digit["label"], digit["confidence"], digit["status"]) == (None, 0.0, "not_a_digit")
    assert (digit["candidates"], digit["probabilities"], digit["box"]) == ([], [], [0, 0, 9, 8])


def test_an_error_in_json_has_the_same_keys() -> None:
    answer = error_outcome("c.png", PictureDecodeError("c.png is empty: expected a picture file"))
    assert json.loads(json.dumps(answer)) == {
        "file": "c.png",
        "status": "error",
        "text": "",
        "digits": [],
        "notes": [],
        "error": "c.png is empty: expected a picture file",
    }
    assert answer.keys() == outcome("a.png", THREE).keys()


def test_one_of_many_images_has_its_number_behind_the_file() -> None:
    error = PictureDecodeError("no")
    for answer in (outcome("a.npz", THREE, 0), error_outcome("a.npz", error, 0)):
        assert list(answer)[:3] == ["file", "index", "status"]
        assert answer["index"] == 0
        assert answer.keys() - {"index"} == outcome("a.png", THREE).keys()


def test_a_reading_in_json_has_all_its_digits_and_the_same_keys() -> None:
    reading = Reading(((THREE, THREE), (THREE,)), ("turned by 8 degrees: the lines sloped",))
    answer = json.loads(json.dumps(outcome("d.png", reading)))
    assert answer.keys() == outcome("a.png", THREE).keys() | {"written", "numbers"}
    assert answer["text"] == "three three\nthree"
    assert answer["digits"] == 3 * outcome("a.png", THREE)["digits"]
    assert (answer["status"], answer["notes"]) == ("unsure", ["turned by 8 degrees: the lines sloped"])
    assert outcome("e.png", Reading(()))["digits"] == []
