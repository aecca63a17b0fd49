"""scripts/vary_constants.py: which constants there are, how each is changed, and that each says where it comes from."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "vary_constants.py"
SOURCE = Path(__file__).parents[1] / "src" / "digitnet"

pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="the scripts are part of the checkout, not of the wheel")

TEXT = '''
"""A module."""
_NEAR = 3  # pixels
_SIDES = (7, (2, 1.5))
_NAMES = ("a", "b")

class Limits(NamedTuple):
    share: float = 0.5
    is_tall: bool = True
    none: int = 0

@dataclass
class Found:
    notes: int = 0

LIMITS = Limits()
OTHERS = LIMITS._replace(share=0.25)

def near(x):
    def inner():
        return x < _NEAR
    return inner

def tall(limits=LIMITS):
    return limits.share
'''


@pytest.fixture(scope="module")
def script() -> ModuleType:
    specification = importlib.util.spec_from_file_location("vary_constants", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["vary_constants"] = module  # where dataclasses look for the module of a class
    specification.loader.exec_module(module)
    return module


def test_constants_are_numbers_and_truths_where_they_are_written(script: ModuleType) -> None:
    found = script.constants_of("segmentation/thing", TEXT)
    assert {c.name: c.value for c in found} == {
        "_NEAR": "3",
        "_SIDES": "(7, (2, 1.5))",
        "Limits.share": "0.5",
        "Limits.is_tall": "True",
        "Limits.none": "0",
        "OTHERS.share": "0.25",
    }
    assert [TEXT[slice(*c.span)] for c in found] == [c.value for c in found]


def test_each_change_gives_another_value(script: ModuleType) -> None:
    values = {
        c.name: {label: eval(text) for label, text in script.changes_of(c).items()}  # noqa: S307 - our own text
        for c in script.constants_of("segmentation/thing", TEXT)
    }
    assert values == {
        "_NEAR": {"off": 0, "half": 1, "double": 6},
        "_SIDES": {"off": (), "half": (3, (1, 0.75)), "double": (14, (4, 3.0))},
        "Limits.share": {"off": 0, "half": 0.25, "double": 1.0},
        "Limits.is_tall": {"off": False},
        "Limits.none": {"on": 1},
        "OTHERS.share": {"off": 0, "half": 0.125, "double": 0.5},
    }


def test_users_are_the_functions_that_name_a_constant(script: ModuleType) -> None:
    own = {c.name: c for c in script.constants_of("segmentation/thing", TEXT)}
    other = "from digitnet.segmentation.thing import LIMITS\ndef far():\n    return LIMITS.share\n"
    stranger = "def share(of):\n    return of.share\n"
    texts = {"segmentation/thing": TEXT, "segmentation/other": other, "pictures/stranger": stranger}
    assert script.users_of(own["_NEAR"], texts) == {"segmentation/thing:near", "segmentation/thing:inner"}
    assert script.users_of(own["Limits.share"], texts) == {"segmentation/thing:tall", "segmentation/other:far"}


def test_every_constant_of_the_reading_path_has_a_comment(script: ModuleType) -> None:
    """On its line, or in the lines above it; a blank line ends what stands beneath one comment."""
    without = []
    for room in script.ROOMS:
        for path in sorted((SOURCE / room).glob("*.py")):
            text = path.read_text(encoding="utf-8")
            lines = text.splitlines()
            for constant in script.constants_of(f"{room}/{path.stem}", text):
                place = constant.line - 1
                while place > 0 and lines[place].strip() and "#" not in lines[place]:
                    place -= 1
                if "#" not in lines[place]:
                    without.append(f"{room}/{path.name}:{constant.line} {constant.name}")
    assert without == []
