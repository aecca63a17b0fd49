"""`digitnet read`: numbers, any count of digits in any count of lines."""

from argparse import Namespace

from digitnet.cli.answering import answer, request_from
from digitnet.cli.command_line import Command, CommandLine
from digitnet.cli.known import add_known, known_numbers
from digitnet.cli.options import add_answering, add_max_input, add_model, add_output
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
            r"digitnet read form.png --pattern '\d{2}/\d{2}/\d{4}'",
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
    add_known(line.section("What is known"))
    add_max_input(line.section("Limits"))


def _run(arguments: Namespace) -> int:
    if arguments.table is not None:
        return answer_table(request_from(arguments), arguments.table)
    known = {name: value for name, value in known_numbers(arguments).items() if value is not None}
    return answer(request_from(arguments)._replace(known=known), numbers=True)


COMMAND = Command(_describe, _run)
