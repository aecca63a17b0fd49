"""Options that several commands share."""

from digitnet.cli.command_line import CommandLine, OptionSection
from digitnet.cli.inputs import DEFAULT_MAX_INPUT
from digitnet.cli.values import one_of, real_number, whole_number
from digitnet.model_file.metadata import PRECISIONS

__all__ = [
    "MODEL_HELP",
    "add_answering",
    "add_augment_inference",
    "add_coverage",
    "add_data",
    "add_json",
    "add_max_input",
    "add_model",
    "add_model_argument",
    "add_output",
    "add_precision",
]

MODEL_HELP = "A .onnx file or a run folder. [default: the model that ships with digitnet]"
_MAX_INPUT = 4096  # MiB, so that a slip of the finger is refused; chosen by hand
_MAX_COPIES = 1000  # distorted copies of an image; chosen by hand, 64 gain most of what there is


def add_model_argument(line: CommandLine) -> None:
    """The model as an argument."""
    line.argument("model", metavar="MODEL", nargs="?", help=MODEL_HELP)


def add_model(section: OptionSection) -> None:
    """The model as an option, and which of its two files."""
    section.option("--model", metavar="MODEL", help=MODEL_HELP)
    add_precision(section)


def add_precision(section: OptionSection) -> None:
    """Which of a model's two files."""
    section.option(
        "--precision",
        choices=PRECISIONS,
        type=one_of(PRECISIONS),
        help="Which of a model's two files: int8 is faster, float32 is the network as trained. [default: int8, or "
        "what the one file has]",
    )


def add_augment_inference(section: OptionSection) -> None:
    """Answers from distorted copies."""
    section.option(
        "--augment-inference",
        metavar="N",
        default=0,
        type=whole_number(0, _MAX_COPIES),
        help=f"Answer images that the model is unsure of from N distorted copies too, at most {_MAX_COPIES}; slower.",
    )


def add_coverage(section: OptionSection) -> None:
    """How wide the candidates are."""
    section.option(
        "--coverage",
        metavar="SHARE",
        type=real_number(),
        help="How often the candidates are to hold the right digit, between 0 and 1. The higher, the more candidates a "
        "digit has, and the more are unsure. [default: 0.99]",
    )


def add_answering(section: OptionSection) -> None:
    """How answers are found and when none is given."""
    add_coverage(section)
    section.flag(
        "--always-answer", help="Name a digit wherever anything is written, even if it looks like something else."
    )
    add_augment_inference(section)


def add_max_input(section: OptionSection) -> None:
    """How much standard input may hold."""
    section.option(
        "--max-input",
        metavar="MB",
        default=DEFAULT_MAX_INPUT,
        type=whole_number(1, _MAX_INPUT),
        help="MiB that standard input, -, may hold.",
    )


def add_json(section: OptionSection) -> None:
    """Output for programs."""
    section.flag("--json", dest="as_json", help="Print JSON.")


def add_output(line: CommandLine) -> OptionSection:
    """What is made of the answers about pictures; returned, so that a command may add more to it."""
    section = line.section("Output")
    section.flag("--json", dest="as_json", help="Print JSON, one object a picture.")
    section.option("--csv", metavar="FILE", help="Write a table of all answers, too.")
    section.flag(
        "--raw-csv",
        help="Write the cells of a table as they are. Without it, those that a spreadsheet takes for a formula get an "
        "apostrophe in front.",
    )
    section.option(
        "--explain",
        metavar="OUT.png",
        help="Draw how the picture was read, down to the 28 x 28 that the network saw; one picture only.",
    )
    return section


def add_data(section: OptionSection) -> None:
    """The data set, and what is done about its bad pictures."""
    section.option(
        "--data",
        metavar="SOURCE",
        help="mnist, a folder of IDX files, an .npz, a .csv, or a folder with one sub-folder a class. [default: mnist]",
    )
    section.option(
        "--on-bad-picture",
        choices=("fail", "skip"),
        type=one_of(("fail", "skip")),
        help="What an unreadable picture in a folder of pictures does. [default: fail]",
    )
