"""`digitnet predict`: one digit in each picture, or in each image of a file of many."""

from argparse import Namespace

from digitnet.cli.answering import answer, request_from
from digitnet.cli.command_line import Command, CommandLine
from digitnet.cli.options import add_answering, add_max_input, add_model, add_output

__all__ = ["COMMAND"]


def _describe(line: CommandLine) -> None:
    line.explain(
        "It says how sure the model is. A picture may have any size, mode and polarity. The images of a file of "
        "many are taken as they are, in MNIST's frame, and answered while the file is read, one in a line. A file "
        "that cannot be read is named on stderr, the others are answered all the same, and the exit code is 1.",
        examples=(
            "digitnet predict photo.png",
            "digitnet predict scans/ 'more/*.png' --csv out.csv",
            "digitnet predict t10k-images-idx3-ubyte.gz --json",
            "digitnet predict - < photo.jpg",
        ),
    )
    line.argument(
        "files",
        metavar="PICTURE",
        nargs="+",
        help="Files with one digit each, folders of them, patterns such as '*.png', or - for standard input; or files "
        "with many images of 28 x 28: IDX, plain or gzipped, .npz, .npy.",
    )
    add_output(line)
    section = line.section("Model")
    add_model(section)
    section = line.section("Answers")
    add_answering(section)
    section.option(
        "--array",
        metavar="NAME",
        help="Which array of an .npz to read. [default: x_test, else x_train, else the only one]",
    )
    add_max_input(line.section("Limits"))


def _run(arguments: Namespace) -> int:
    return answer(request_from(arguments))


COMMAND = Command(_describe, _run)
