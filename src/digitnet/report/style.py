"""One look for every figure: colours, type, grid, title. Matplotlib is imported when something is drawn.

The object interface (`matplotlib.figure.Figure`) is used throughout: no window, no global list of figures.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from digitnet.errors import MissingExtraError
from digitnet.errors.escaping import escape_controls

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

__all__ = [
    "ACCENT",
    "BLUE",
    "DPI",
    "FAINT",
    "GREEN",
    "INK",
    "MUTED",
    "PAPER",
    "TITLE_HEIGHT",
    "colour_scale",
    "hide_frame",
    "in_house_style",
    "names_of_classes",
    "new_figure",
    "shortened",
]

P = ParamSpec("P")
R = TypeVar("R")

DPI = 160  # dots per inch: sharp on a screen of twice the usual density, and in print at half a page
TITLE_HEIGHT = 0.85  # inches at the top of each figure, for the title and the line below it

# Blue, vermilion and green of M. Okabe and K. Ito (2008): told apart by the colour-blind, too.
BLUE = "#0072b2"
ACCENT = "#d55e00"
GREEN = "#009e73"
INK = "#1f2933"  # text
MUTED = "#66727f"  # second text: 4.9 : 1 against white
FAINT = "#e3e8ed"  # grid and frames
PAPER = "#ffffff"

_MARGIN = 0.35  # inches from the left edge to the title

_STYLE = {
    "font.family": "DejaVu Sans",  # comes with Matplotlib: the same letters on every machine
    "font.size": 9.0,
    "text.color": INK,
    "text.parse_math": False,  # a class may be named "$"
    "axes.edgecolor": FAINT,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 9.0,
    "axes.titley": 1.0,  # no search for a place above ticks at the top: there are none
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.7,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
    "xtick.minor.size": 0.0,
    "ytick.minor.size": 0.0,
    "xtick.major.pad": 5.0,
    "ytick.major.pad": 5.0,
    "lines.linewidth": 1.9,
    "lines.solid_capstyle": "round",
    "lines.solid_joinstyle": "round",
    "image.interpolation": "nearest",
}


def in_house_style(draw: Callable[P, R]) -> Callable[P, R]:
    """Let a drawing function run in the house style, whatever the user's own Matplotlib settings are.

    Args:
        draw: Any function that makes or saves a Figure.

    Returns:
        The same function; it raises MissingExtraError where Matplotlib is not installed.
    """

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            from matplotlib import style  # noqa: PLC0415 - heavy, and optional
        except ImportError as error:
            raise MissingExtraError(
                f"{error.name or 'matplotlib'} is not installed. Figures need the training extra: "
                "pip install 'digitnet[train]'"
            ) from error
        with style.context(_STYLE, after_reset=True):
            return draw(*args, **kwargs)

    return drawn


def new_figure(width: float, height: float, title: str, subtitle: str) -> "Figure":
    """An empty figure with its heading.

    Args:
        width: Inches.
        height: Inches, the heading's `TITLE_HEIGHT` included.
        title: What the figure says, in a few words.
        subtitle: How to read it.

    Returns:
        A Figure without axes.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - heavy, and optional

    figure = Figure(figsize=(width, height), dpi=DPI, facecolor=PAPER)
    left = _MARGIN / width
    figure.text(left, 1 - 0.26 / height, title, fontsize=13, fontweight="bold", va="center")
    figure.text(left, 1 - 0.53 / height, subtitle, fontsize=9, color=MUTED, va="center")
    return figure


def colour_scale(*colours: str) -> "LinearSegmentedColormap":
    """A colour map through the given colours, evenly spaced from the lowest value to the highest."""
    from matplotlib.colors import LinearSegmentedColormap  # noqa: PLC0415 - heavy, and optional

    return LinearSegmentedColormap.from_list("-".join(colours), list(colours))


def hide_frame(axes: "Axes") -> None:
    """Take grid, ticks and frame away, for pictures."""
    axes.grid(visible=False)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def names_of_classes(class_names: Sequence[str], num_classes: int) -> tuple[str, ...]:
    """The names to write for the classes of a model.

    Args:
        class_names: Names of the first classes; names beyond the model's classes are not used.
        num_classes: How many classes the model has.

    Returns:
        num_classes names, with control characters written out; a class without a name is called by its number.
    """
    given = tuple(escape_controls(name) for name in class_names[:num_classes])
    return given + tuple(str(label) for label in range(len(given), num_classes))


def shortened(name: str, letters: int) -> str:
    """A name of at most this many letters; where some are left away, the last is an ellipsis."""
    return name if len(name) <= letters else name[: letters - 1] + "\N{HORIZONTAL ELLIPSIS}"
