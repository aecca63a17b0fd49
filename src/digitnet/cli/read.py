"""`digitnet read`: numbers, any count of digits in any count of lines."""

from argparse import Namespace

from digitnet.cli.answering import answer, request_from
from digitnet.cli.command_line import Command, CommandLine
from digitnet.cli.options import add_answering, add_model, add_output
from digitnet.cli.table_answer import answer_table

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
            "digitnet read marks.jpg --table marks.csv",
        ),
    )
    line.argument(
        "files",
        metavar="PICTURE",
        nargs="+",
        help="Files, folders of pictures, patterns such as '*.png', or - for standard input.",
    )
    add_output(line).option(
        "--table",
        metavar="OUT.csv",
        help="Write the table that one picture shows, a row for each of its rows, instead of lines; with rules or "
        "without. Cells that are unsure are named on stderr.",
    )
    add_model(line.section("Model"))
    add_answering(line.section("Answers"))


def _run(arguments: Namespace) -> int:
    if arguments.table is not None:
        return answer_table(request_from(arguments), arguments.table)
    return answer(request_from(arguments), numbers=True)


COMMAND = Command(_describe, _run)
