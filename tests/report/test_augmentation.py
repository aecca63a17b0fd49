from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from digitnet.arrays import AnyArray, Images
from digitnet.augmentation.distortion import Distortion
from digitnet.errors import ConfigurationError
from digitnet.report import augmentation_figure
from drawn_tiles import tiles_of

RANDOM = np.random.default_rng(0)
TURNED = Distortion(rotation=15, gaps=2)
EVERYTHING = Distortion(
    rotation=12.5,
    scaling=0.25,
    shear=12.5,
    shift=2,
    elastic_alpha=37.5,
    elastic_sigma=5.25,
    slender_factor=0.5,
    thickness=1.25,
    gaps=2,
    gap_radius=2.25,
    contrast=0.25,
    blur=0.75,
)


def images_of(rows: int, ways: int = 8) -> tuple[Images, Images]:
    """Random originals and copies."""
    tiles = RANDOM.integers(0, 256, (rows, 1 + ways, 28, 28), dtype=np.uint8)
    return tiles[:, 0], tiles[:, 1:]


def colours_of(image: AnyArray) -> NDArray[np.float64]:
    """From white paper to the ink of the house."""
    return np.asarray(255 - image[..., np.newaxis] / 255 * (255 - np.array([0x1F, 0x29, 0x33])))


@pytest.mark.parametrize(("rows", "ways"), [(1, 8), (3, 6), (10, 8)])
def test_each_row_is_an_original_and_its_copies(
    rows: int, ways: int, assert_readable: Callable[[Figure], None]
) -> None:
    originals, copies = images_of(rows, ways)
    names = [str(row) for row in range(rows)]
    figure = augmentation_figure(originals, copies, names, TURNED)
    tiles = tiles_of(figure)
    assert len(tiles) == rows * (1 + ways)
    for position, tile in enumerate(tiles):
        row, column = divmod(position, 1 + ways)
        assert_allclose(tile.colours, colours_of(copies[row, column - 1] if column else originals[row]), atol=2)
        assert tile.captions == ([] if column else [names[row]])
    assert_readable(figure)


def test_the_originals_are_set_apart() -> None:
    boxes = [tile.box for tile in tiles_of(augmentation_figure(*images_of(2), ["0", "1"], TURNED))]
    spaces = [right.x0 - left.x1 for left, right in pairwise(boxes[:9])]
    assert spaces[0] > 3 * max(spaces[1:])
    assert max(spaces[1:]) == pytest.approx(min(spaces[1:]))


def test_the_strengths_are_below(texts_of: Callable[[Figure], list[str]]) -> None:
    assert "rotation=15, gaps=2" in texts_of(augmentation_figure(*images_of(1), ["0"], TURNED))


def test_long_names_and_all_strengths_find_room(
    texts_of: Callable[[Figure], list[str]], assert_readable: Callable[[Figure], None]
) -> None:
    names = ["T-shirt", "WWWWWWWWWWWWWWWWW", "$x$", "Ankle boot of some length"]
    figure = augmentation_figure(*images_of(4), names, EVERYTHING)
    assert_readable(figure)
    captions = [tile.captions[0] for tile in tiles_of(figure)[::9]]
    assert captions == ["T-shirt", "WWWWWWWWWWWW\N{HORIZONTAL ELLIPSIS}", "$x$", "Ankle boot o\N{HORIZONTAL ELLIPSIS}"]
    below = " ".join(reversed(texts_of(figure)))  # its lines are written from the last to the first
    assert EVERYTHING.to_text().replace(",", ", ") in below


def test_what_does_not_belong_together_is_refused() -> None:
    originals, copies = images_of(3)
    for arguments, found in (
        ((originals[:2], copies, ["0", "1", "2"]), "2, 3 and 3"),
        ((originals, copies[:2], ["0", "1", "2"]), "3, 2 and 3"),
        ((originals, copies, ["0", "1"]), "3, 3 and 2"),
    ):
        with pytest.raises(ConfigurationError, match=f"as many originals as copies and names, found {found}"):
            augmentation_figure(*arguments, TURNED)
