"""Make the networks that read pictures, from the bundled MNIST training images and a folder of typefaces.

    scripts/fetch-typefaces typefaces
    .venv/bin/python scripts/train_reading_networks.py --fonts typefaces --out src/digitnet/bundled/reading

The pixel network is first, the mean of two: it tells ink from rules, edges and paper. The character network then
learns to name what the first one finds, with its mistakes. Both learn from pages that are written here, of which every
pixel is known. It takes about an hour on two cores, and 6 GB of memory. `--quick` only sees that it all runs, in less
than a minute.

The frame network is a third one, which needs neither: it tells digits from letters, marks and drawings that stand
alone, in MNIST's frame. `--make frames` makes it alone, in about ten minutes.

The files are `pixels.onnx`, `characters.onnx` and `frames.onnx`. From the same seed follow the same pages and the same
first weights; the last bits of the weights also depend on the processor.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from digitnet.augmentation.frame_examples import FRAME_KINDS, Hand, make_frame_examples
from digitnet.augmentation.reading_examples import (
    CHARACTER_NAMES,
    PIXEL_KINDS,
    Examples,
    character_examples,
    pixel_examples,
)
from digitnet.augmentation.regional_forms import with_regional_forms
from digitnet.augmentation.written_pages import Writer, WrittenPage, write_page
from digitnet.datasets import load_mnist
from digitnet.errors import ConfigurationError, DigitnetError
from digitnet.files import write_atomically
from digitnet.model_file.reading_networks import ReadingNetwork
from digitnet.training.feature_network import (
    FeatureRecipe,
    averaged_network,
    encode_feature_network,
    train_feature_network,
)

PIXELS, CHARACTERS, FRAMES = "pixels.onnx", "characters.onnx", "frames.onnx"
NETWORKS = ("pixels", "characters", "frames")
# Pages for each network: 2.8 million pixels, half a million characters, which take longer; chosen by hand.
PIXEL_PAGES, CHARACTER_PAGES = 9000, 6000
FRAME_IMAGES = 160_000  # chosen by hand
# Sizes, epochs and learning rates were chosen by hand, on pages that are made like those of the training.
PIXEL_RECIPE = FeatureRecipe((224, 64), epochs=6, learning_rate=2e-3, batch_size=2048)
CHARACTER_RECIPE = FeatureRecipe((512, 128), epochs=12, learning_rate=1.5e-3, batch_size=1024, dropout=0.2, rarity=0.3)
FRAME_RECIPE = FeatureRecipe((256, 64), epochs=15, learning_rate=2e-3, batch_size=512, dropout=0.2)
RECIPES = (PIXEL_RECIPE, CHARACTER_RECIPE, FRAME_RECIPE)
QUICK_PAGES, QUICK_EPOCHS = 24, 2
QUICK_IMAGES = 1000
_REGIONAL_SHARE = 0.06  # of digits in regional forms among those of the frame network; chosen by hand
_SUFFIXES = {".woff", ".ttf", ".otf"}
_FONT_SIZE = 64  # pixels, at which a typeface is drawn before it is brought to the size of a line
_PAGES_OF_A_JOB, _IMAGES_OF_A_JOB = 30, 1000
_HELD_OUT = 25  # one part in so many, of the last pages, is not learned from but counted

Make = Callable[[WrittenPage, np.random.Generator], Examples]
Job = Callable[[Sequence[Path], Sequence[int], int], list[Examples]]  # from typefaces, a seed and a number of pages


@dataclass(frozen=True, slots=True)
class Pages:
    """Which pages are written.

    Attributes:
        fonts: The files of the typefaces.
        count: How many.
        jobs: Processes that write them.
        seed: What all of them follow from.
    """

    fonts: tuple[Path, ...]
    count: int
    jobs: int
    seed: int


def pixel_maker() -> Make:
    """What makes examples for the pixel network."""
    return pixel_examples


def character_maker(pixels: Path) -> Make:
    """What makes examples for the character network, with the pixel network in a file."""
    return partial(character_examples, classify=ReadingNetwork(pixels))


def examples_of_job(
    make_maker: Callable[[], Make], fonts: Sequence[Path], seed: Sequence[int], count: int
) -> list[Examples]:
    """The examples of some pages, a list with one entry for each; runs in a process of its own."""
    cv2.setNumThreads(1)
    training_set, _ = load_mnist()
    rng = np.random.default_rng(list(seed))
    typefaces = [ImageFont.truetype(path, _FONT_SIZE) for path in fonts]
    writer = Writer(training_set.images, training_set.labels, typefaces, rng)
    make = make_maker()
    return [make(write_page(writer), rng) for _ in range(count)]


@cache
def hand_of(fonts: tuple[Path, ...], seed: int) -> Hand:
    """MNIST's training digits with regional forms among them, and the typefaces."""
    training_set, _ = load_mnist()
    digits = with_regional_forms(training_set, _REGIONAL_SHARE, seed)
    return Hand(digits.images, digits.labels, [ImageFont.truetype(path, _FONT_SIZE) for path in fonts])


def images_of_job(fonts: Sequence[Path], seed: Sequence[int], count: int) -> list[Examples]:
    """Some images for the frame network; runs in a process of its own."""
    cv2.setNumThreads(1)
    hand = hand_of(tuple(fonts), seed[0])
    images, labels = make_frame_examples(hand, count, np.random.default_rng(list(seed)))
    return [Examples(images.reshape(len(images), -1), labels)]


def examples_of(pages: Pages, stream: int, job: Job, of_a_job: int = _PAGES_OF_A_JOB) -> Examples:
    """The examples of all pages, in their order."""
    sizes = [min(of_a_job, pages.count - first) for first in range(0, pages.count, of_a_job)]
    seeds = [(pages.seed, stream, job) for job in range(len(sizes))]
    parts: list[Examples] = []
    # A fresh interpreter for each process: JAX has threads, which a fork would not have.
    with ProcessPoolExecutor(pages.jobs, mp_context=get_context("spawn")) as pool:
        run = partial(job, pages.fonts)
        for number, found in enumerate(pool.map(run, seeds, sizes), start=1):
            parts += found
            show(f"\r  made: {sum(sizes[:number])} of {pages.count}")
    show("\n")
    return Examples(np.concatenate([part.features for part in parts]), np.concatenate([part.labels for part in parts]))


def trained_file(
    examples: Examples, names: Sequence[str], recipe: FeatureRecipe, seeds: Sequence[int], path: Path
) -> None:
    """Train a network for each seed on all but the last of the examples; write the file of their mean.

    Then print what it makes of the last ones.
    """
    known = len(examples.labels) - len(examples.labels) // _HELD_OUT
    show(f"  {known} examples, {recipe.epochs} epochs, {len(seeds)} networks\n")
    features, labels = examples.features[:known], examples.labels[:known]
    members = [train_feature_network(features, labels, len(names), recipe, seed) for seed in seeds]
    content = encode_feature_network(averaged_network(members))
    write_atomically(path, content)
    answers = ReadingNetwork(path)(examples.features[known:]).argmax(axis=1)
    show(f"{path}: {len(content) / 1e3:.0f} kB; of {len(answers)} examples that it has not seen, it names right:\n")
    for line in shares_right(answers, examples.labels[known:], names):
        show(f"  {line}\n")


def shares_right(answers: NDArray[np.int64], labels: NDArray[np.uint8], names: Sequence[str]) -> Iterator[str]:
    """For all classes together, and for each: how many there are, and the share that is named right."""
    yield f"all       {len(labels):7d}  {(answers == labels).mean():.4f}"
    for label, name in enumerate(names):
        own = answers[labels == label]
        if len(own):
            yield f"{name:9} {len(own):7d}  {(own == label).mean():.4f}"


def show(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


def typefaces_in(folder: Path) -> tuple[Path, ...]:
    """The typefaces of a folder, by their names.

    Raises:
        ConfigurationError: It has none.
    """
    found = tuple(sorted(path for path in folder.glob("*") if path.suffix.casefold() in _SUFFIXES))
    if not found:
        raise ConfigurationError(
            f"{folder} has no typeface (.woff, .ttf or .otf): run scripts/fetch-typefaces {folder}"
        )
    return found


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fonts", type=Path, required=True, metavar="FOLDER", help="of typefaces like handwriting")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the files go")
    parser.add_argument("--make", nargs="+", choices=NETWORKS, default=NETWORKS, help="which networks (default: all)")
    parser.add_argument(
        "--pages",
        type=int,
        help=f"(default {PIXEL_PAGES} for pixels, {CHARACTER_PAGES} for characters); the frame network has images",
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    parser.add_argument("--seed", type=int, default=0, help="of pages, first weights and order (default 0)")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_PAGES} pages and {QUICK_EPOCHS} epochs")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Run the command; its exit code."""
    chosen = arguments(given)
    given_pages = QUICK_PAGES if chosen.quick else chosen.pages
    counts = (PIXEL_PAGES, CHARACTER_PAGES) if given_pages is None else (given_pages, given_pages)
    try:
        if min(counts) < 1 or chosen.jobs < 1 or chosen.seed < 0:
            raise ConfigurationError("--pages and --jobs want at least 1, --seed at least 0")
        fonts = typefaces_in(chosen.fonts)
        of_pixels, of_characters = (Pages(fonts, count, chosen.jobs, chosen.seed) for count in counts)
        recipes = [replace(r, epochs=QUICK_EPOCHS) if chosen.quick else r for r in RECIPES]
        chosen.out.mkdir(parents=True, exist_ok=True)
        pixels = chosen.out / PIXELS
        if "pixels" in chosen.make:
            show("The pixel network\n")
            examples = examples_of(of_pixels, 0, partial(examples_of_job, pixel_maker))
            trained_file(examples, PIXEL_KINDS, recipes[0], [2 * chosen.seed, 2 * chosen.seed + 1], pixels)
        if "characters" in chosen.make:
            show("The character network\n")
            characters = examples_of(of_characters, 1, partial(examples_of_job, partial(character_maker, pixels)))
            trained_file(characters, CHARACTER_NAMES, recipes[1], [chosen.seed], chosen.out / CHARACTERS)
        if "frames" in chosen.make:
            show("The frame network\n")
            of_frames = replace(of_pixels, count=QUICK_IMAGES if chosen.quick else FRAME_IMAGES)
            frames = examples_of(of_frames, 2, images_of_job, _IMAGES_OF_A_JOB)
            trained_file(frames, FRAME_KINDS, recipes[2], [chosen.seed], chosen.out / FRAMES)
    except DigitnetError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
