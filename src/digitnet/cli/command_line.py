"""The command line of one command: which options and arguments it takes, what was given, and its help page."""

import argparse
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from digitnet.errors import ConfigurationError, nearest_name

if TYPE_CHECKING:
    from digitnet.cli.help_page import Entry, Section

__all__ = ["Command", "CommandLine", "OptionSection"]

_END_OF_OPTIONS = "--"
_STDIN = "-"


class Command(NamedTuple):
    """A command of `digitnet`.

    Attributes:
        describe: Adds its options, arguments and explanations to an empty command line.
        run: Does what was asked for and returns the exit code.
    """

    describe: Callable[["CommandLine"], None]
    run: Callable[[argparse.Namespace], int]


class _Parser(argparse.ArgumentParser):
    """A parser that raises instead of ending the process, and takes no abbreviations."""

    def __init__(self) -> None:
        super().__init__(add_help=False, allow_abbrev=False, exit_on_error=False, formatter_class=_formatter)

    def error(self, message: str) -> NoReturn:
        raise ConfigurationError(message)


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Pages are put together by help_page; argparse, though, asks its own formatter about every option.

    Args:
        prog: Of the parser.
    """
    return argparse.HelpFormatter(prog, width=80)  # of a given width, else it loads the modules that find it out


class OptionSection:
    """Options that stand together on the help page.

    Args:
        title: Of the section.
        parser: Which parser understands the options.
    """

    def __init__(self, title: str, parser: argparse.ArgumentParser) -> None:
        self.title = title
        self.options: list[argparse.Action] = []
        self._parser = parser

    def option(self, *names: str, **settings: Any) -> None:
        """Add an option with a value.

        Args:
            names: Such as `-m`, `--model`.
            settings: As `argparse.ArgumentParser.add_argument` takes them. A default is shown on the help page.
        """
        self.options.append(self._parser.add_argument(*names, **settings))

    def flag(self, *names: str, help: str, dest: str | None = None) -> None:  # noqa: A002 - argparse's name for it
        """Add an option without a value.

        Args:
            names: Such as `-q`, `--quiet`.
            help: What it does.
            dest: Name of the result; None for that of the option.
        """
        dest = dest or names[-1].strip("-").replace("-", "_")
        self.options.append(self._parser.add_argument(*names, action="store_true", help=help, dest=dest))


class CommandLine:
    """What may be typed after the name of a command.

    Args:
        program: What is typed before it, such as `digitnet predict`.
        summary: One sentence.
        usage: What follows the options; None for the arguments.
    """

    def __init__(self, program: str, summary: str, usage: str | None = None) -> None:
        self.program = program
        self._usage = usage
        self.sections: list[OptionSection] = []
        self.arguments: list[argparse.Action] = []
        self._paragraphs = [summary]
        self._examples: tuple[str, ...] = ()
        self._option_parser = _Parser()
        self._argument_parser = _Parser()

    def explain(self, *paragraphs: str, examples: Sequence[str] = ()) -> None:
        """Say more than the summary does.

        Args:
            paragraphs: Stand below the summary.
            examples: Command lines, at the end of the help page.
        """
        self._paragraphs += paragraphs
        self._examples = tuple(examples)

    def section(self, title: str) -> OptionSection:
        """Start a section of options."""
        section = OptionSection(title, self._option_parser)
        self.sections.append(section)
        return section

    def argument(self, name: str, **settings: Any) -> None:
        """Add an argument, which is known by its place.

        Args:
            name: Of the result.
            settings: As `argparse.ArgumentParser.add_argument` takes them.
        """
        self.arguments.append(self._argument_parser.add_argument(name, **settings))

    def options(self) -> dict[str, argparse.Action]:
        """Every option by each of its names."""
        return {name: action for part in self.sections for action in part.options for name in action.option_strings}

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """Understand what was typed; options and arguments may stand in any order, arguments alone behind `--`.

        Args:
            words: What follows the name of the command.

        Returns:
            A value for each option and argument; for options alone, where `help` is among them.

        Raises:
            ConfigurationError: The words make no sense.
        """
        # Arguments are understood after the options, by a parser of their own: that of argparse takes `a --json b` for
        # a mistake, and its parse_intermixed_args takes `-- -a.png` for one (Python 3.11 to 3.13).
        place = words.index(_END_OF_OPTIONS) if _END_OF_OPTIONS in words else len(words)
        try:
            found, others = self._option_parser.parse_known_args(words[:place])
            if found.help:
                return found
            self._refuse_unknown(others)
            self._place_arguments([*others, *words[place + 1 :]], found)
        except argparse.ArgumentError as error:
            name = f"{error.argument_name} " if error.argument_name else ""
            raise ConfigurationError(self._with_hint(f"{name}{error.message}")) from None
        except ConfigurationError as error:
            raise ConfigurationError(self._with_hint(str(error))) from None
        return found

    def help(self, width: int, more_sections: "Sequence[Section]" = ()) -> str:
        """The help page.

        Args:
            width: Characters in a line at most.
            more_sections: Stand before the options.
        """
        from digitnet.cli.help_page import Section, help_page  # most commands are run without looking at their page

        sections = [*more_sections, *(Section(part.title, _entries(part.options)) for part in self.sections)]
        if self.arguments:
            sections.insert(0, Section("Arguments", _entries(self.arguments)))
        usage = " ".join(map(_argument_in_usage, self.arguments)) if self._usage is None else self._usage
        return help_page(
            f"{self.program} [OPTIONS] {usage}".rstrip(), self._paragraphs, sections, self._examples, width
        )

    def _place_arguments(self, words: Sequence[str], found: argparse.Namespace) -> None:
        _, others = self._argument_parser.parse_known_args([_END_OF_OPTIONS, *words] if words else [], found)
        others = [word for word in others if word != _END_OF_OPTIONS]
        if others:
            raise ConfigurationError(f"{others[0]!r} is one word more than {self.program} takes")

    def _refuse_unknown(self, words: Iterable[str]) -> None:
        for word in words:
            if word.startswith("-") and word != _STDIN:
                name = word.partition("=")[0]
                raise ConfigurationError(f"{name} is no option of {self.program}{_nearest(name, self.options())}")

    def _with_hint(self, message: str) -> str:
        return f"{message}. See {self.program} --help"


def _nearest(name: str, known: Iterable[str]) -> str:
    """A hint to an option that is spelt alike, or that begins like this."""
    names = list(known)
    begun = [each for each in names if each.startswith(name)]
    return nearest_name(begun[0] if begun and name.strip("-") else name, names)


def _entries(actions: Sequence[argparse.Action]) -> "list[Entry]":
    from digitnet.cli.help_page import Entry

    return [Entry(_names_and_value(action), _help_text(action)) for action in actions]


def _names_and_value(action: argparse.Action) -> str:
    if isinstance(action, argparse.BooleanOptionalAction):
        return action.option_strings[0].replace("--", "--[no-]", 1)
    names = ", ".join(action.option_strings)
    return f"{names} {_metavar(action)}".strip() if action.nargs != 0 else names


def _metavar(action: argparse.Action) -> str:
    if action.metavar is None:
        return "|".join(action.choices or (action.dest.upper(),))
    return str(action.metavar)


def _argument_in_usage(argument: argparse.Action) -> str:
    """An argument as it stands in the usage."""
    word = f"{_metavar(argument)}..." if argument.nargs in ("+", "*") else _metavar(argument)
    return f"[{word}]" if argument.nargs in ("?", "*") else word


def _help_text(action: argparse.Action) -> str:
    text = action.help or ""
    has_default = action.default is not None and action.default is not False and action.default != ""
    return f"{text} [default: {action.default}]" if has_default else text
