"""Figures on disk: PNG, whole or not there, the same bytes for the same figure."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

from digitnet.errors import ConfigurationError, RunFolderError
from digitnet.files import write_atomically
from digitnet.report.style import in_house_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["save_figure"]


@in_house_style
def save_figure(figure: "Figure", path: Path | str) -> None:
    """Write a figure as a PNG file, in one step: a reader sees the old file or the new one.

    Args:
        figure: As the functions of this package return it.
        path: The file to make or to replace; its name ends in `.png`.

    Raises:
        ConfigurationError: Another ending.
        RunFolderError: The file cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() != ".png":
        raise ConfigurationError(f"{target}: figures are written as PNG: expected a name that ends in .png")
    png = io.BytesIO()
    # Without this, the file names the version of Matplotlib that wrote it.
    figure.savefig(png, format="png", metadata={"Software": None})
    try:
        write_atomically(target, png.getvalue())
    except OSError as error:
        raise RunFolderError(
            f"{target} cannot be written: {error.strerror}. Is its folder there, and not full?"
        ) from error
