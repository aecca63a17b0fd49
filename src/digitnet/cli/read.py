"""`digitnet read`: numbers, any count of digits in any count of lines."""

from argparse import Namespace

from digitnet.cli.answering import answer, request_from
from digitnet.cli.command_line import Command, CommandLine
from digitnet.cli.options import add_answering, add_model, add_output

__all__ = ["COMMAND"]


def _describe(line: CommandLine) -> None:
    line.explain(
        "A line of digits is a line of output, with how sure the model is of the least certain digit. Touching "
        "digits are taken apart, broken ones put together, sloping lines followed, and specks and punctuation left "
        "out. A file that cannot be read is named on stderr, the others are answered all the same, and the exit "
        "code is 1.",
        examples=(
            "digitnet read page.jpg",
            "digitnet read scans/ 'more/*.png' --csv out.csv",
            "digitnet read page.jpg --explain how.png",
        ),
    )
    line.argument(
        "files",
        metavar="PICTURE",
        nargs="+",
        help="Files, folders of pictures, patterns such as '*.png', or - for standard input.",
    )
    add_output(line)
    add_model(line.section("Model"))
    add_answering(line.section("Answers"))


def _run(arguments: Namespace) -> int:
    return answer(request_from(arguments), numbers=True)


COMMAND = Command(_describe, _run)
