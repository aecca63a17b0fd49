import subprocess
import sys

import pytest
from matplotlib.figure import Figure

from digitnet.errors import MissingExtraError
from digitnet.report import training_curves
from digitnet.report.style import ACCENT, BLUE, GREEN, INK, MUTED, PAPER, in_house_style, names_of_classes


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.1."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("colour", "least"), [(INK, 7.0), (MUTED, 4.5), (BLUE, 4.5), (ACCENT, 3.5), (GREEN, 3.0)])
def test_colours_stand_out_from_the_paper(colour: str, least: float) -> None:
    assert (luminance(PAPER) + 0.05) / (luminance(colour) + 0.05) > least


def test_importing_the_package_does_not_load_matplotlib() -> None:
    program = "import sys, digitnet.report; print(sorted({'matplotlib', 'keras', 'jax'} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_drawing_never_loads_the_global_interface() -> None:
    program = (
        "import sys; from digitnet.report import training_curves; training_curves({'loss': [1.0]});"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"matplotlib is not installed.*pip install 'digitnet\[train\]'"):
        training_curves({"loss": [1.0]})


def test_the_style_keeps_name_and_documentation_of_a_function() -> None:
    def draw() -> Figure:
        """Draws."""
        return Figure()

    styled = in_house_style(draw)
    assert (styled.__name__, styled.__doc__) == ("draw", "Draws.")
    assert isinstance(styled(), Figure)


@pytest.mark.parametrize(
    ("given", "num_classes", "expected"),
    [
        ((), 3, ("0", "1", "2")),
        (("a",), 2, ("a", "1")),
        (("a", "b", "c"), 2, ("a", "b")),
        (("\x1b[31ma",), 1, (r"\x1b[31ma",)),
    ],
)
def test_every_class_gets_a_name(given: tuple[str, ...], num_classes: int, expected: tuple[str, ...]) -> None:
    assert names_of_classes(given, num_classes) == expected
