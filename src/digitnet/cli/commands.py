"""All commands by name, so that each is loaded only when it is asked for, and the first help page."""

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from importlib import import_module

from digitnet.cli.command_line import Command, CommandLine, OptionSection
from digitnet.errors import ConfigurationError, nearest_name

__all__ = ["COMMANDS", "command_line", "overview_options", "overview_page", "parse"]

_PROGRAM = "digitnet"


# Group and summary of each; its name is a module beside this one, which has the command as COMMAND.
COMMANDS: dict[str, tuple[str, str]] = {
    "predict": ("Read pictures", "Name the digit in each picture."),
    "read": ("Read pictures", "Read the numbers in each picture, line by line."),
    "batch": ("Read pictures", "Read many pictures into a folder of results, on all cores or a cluster."),
    "studio": ("Read pictures", "Open the page in the browser: draw, look inside, train."),
    "serve": ("Read pictures", "Serve the page, and answers over HTTP."),
    "train": ("Train and measure", "Train a network and keep all about it in a run folder."),
    "sweep": ("Train and measure", "Train a network for each of many settings and seeds, and compare them."),
    "evaluate": ("Train and measure", "Measure a model on the test images of a data set."),
    "info": ("Train and measure", "Show a model's layers, and how it was made."),
    "verify": ("Train and measure", "Check that a model or a run is whole and answers as it did."),
    "reproduce": ("Train and measure", "Train a finished run again and compare what both left."),
    "committee": ("Train and measure", "Put several networks into one model file."),
    "export": ("Train and measure", "Write a model in another format, for other programs."),
    "completion": ("Set up", "Print a script with which the shell completes commands."),
}


def parse(words: Sequence[str]) -> tuple[Callable[[Namespace], int], Namespace]:
    """Find out which command is meant, and with which options.

    Args:
        words: What follows the name of the program.

    Returns:
        What to call, which returns the exit code, and with what.

    Raises:
        ConfigurationError: The words make no sense.
    """
    # The options before a command have no values, so the first word that is none names the command.
    place = next((place for place, word in enumerate(words) if not word.startswith("-")), len(words))
    before = _overview().parse(words[:place])
    if before.help or before.version or place == len(words):
        return _show_overview, before
    line, command = command_line(words[place])
    arguments = line.parse(words[place + 1 :])
    arguments.quiet |= before.quiet
    arguments.verbose |= before.verbose
    if arguments.help:
        return lambda _: _show_page(line), arguments
    if arguments.quiet and arguments.verbose:
        raise ConfigurationError("--quiet and --verbose exclude each other: leave one out")
    return command.run, arguments


def command_line(name: str) -> tuple[CommandLine, Command]:
    """What may be typed after the name of a command, and the command.

    Args:
        name: One of `COMMANDS`.

    Raises:
        ConfigurationError: There is no such command; the nearest one is named.
    """
    if name not in COMMANDS:
        raise ConfigurationError(
            f"{name!r} is no command of digitnet{nearest_name(name, COMMANDS)}. See {_PROGRAM} --help"
        )
    command: Command = import_module(f"digitnet.cli.{name}").COMMAND
    line = CommandLine(f"{_PROGRAM} {name}", COMMANDS[name][1])
    command.describe(line)
    _add_general(line)
    return line, command


def overview_options() -> list[str]:
    """All options that may stand before a command."""
    return list(_overview().options())


def overview_page(width: int) -> str:
    """The page of `digitnet --help`.

    Args:
        width: Characters in a line at most.
    """
    from digitnet.cli.help_page import Entry, Section

    sections = [
        Section(group, [Entry(name, summary) for name, (its_group, summary) in COMMANDS.items() if its_group == group])
        for group in dict.fromkeys(group for group, _ in COMMANDS.values())
    ]
    return _overview().help(width, sections)


def _overview() -> CommandLine:
    line = CommandLine(_PROGRAM, "Handwritten digits, read by a network of plain dense layers.", usage="COMMAND ...")
    line.explain(
        examples=(
            "digitnet predict photo.png",
            "digitnet read page.jpg --json",
            "digitnet train --preset quick",
            "digitnet train --help",
        ),
    )
    _add_general(line).flag("--version", help="Print the version and end.")
    return line


def _add_general(line: CommandLine) -> OptionSection:
    section = line.section("General")
    section.flag("-q", "--quiet", help="No progress or notes on stderr, only errors.")
    section.flag("-v", "--verbose", help="More on stderr: notes on pictures, tracebacks.")
    section.flag("-h", "--help", help="Show this page and end.")
    return section


def _show_overview(arguments: Namespace) -> int:
    if arguments.version:
        import digitnet

        return _print_and_succeed(f"digitnet {digitnet.__version__}\n")
    from digitnet.cli.help_page import page_width

    page = overview_page(page_width())
    if arguments.help:
        return _print_and_succeed(page)
    sys.stderr.write(page)  # nothing was asked for, which is wrong usage
    return 2


def _show_page(line: CommandLine) -> int:
    from digitnet.cli.help_page import page_width

    return _print_and_succeed(line.help(page_width()))


def _print_and_succeed(text: str) -> int:
    sys.stdout.write(text)
    return 0
