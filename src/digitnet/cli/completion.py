"""`digitnet completion`: a script for the shell, and what may come next on a command line."""

import argparse
import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from digitnet.cli.command_line import Command, CommandLine
from digitnet.cli.commands import COMMANDS, command_line, overview_options
from digitnet.cli.values import one_of

__all__ = ["COMMAND", "Candidate", "candidates"]

# Each script asks this program at every press of the key, so that it offers what is installed, and offers files where
# the program has nothing to offer.
_SCRIPTS = {
    "bash": """\
_digitnet() {
    local IFS=$'\\n'
    COMPREPLY=($(digitnet completion bash -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _digitnet digitnet
""",
    "zsh": """\
#compdef digitnet
_digitnet() {
    local -a found
    found=("${(@f)$(digitnet completion zsh -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n "${found[*]}" ]]; then
        _describe digitnet found
    else
        _files
    fi
}
compdef _digitnet digitnet
""",
    "fish": """\
function __digitnet_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found (digitnet completion fish -- $words[2..-1] 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c digitnet -f -a '(__digitnet_complete)'
""",
}


class Candidate(NamedTuple):
    """What may come next.

    Attributes:
        word: To be typed.
        meaning: A few words; may be empty.
    """

    word: str
    meaning: str = ""


def candidates(words: Sequence[str]) -> list[Candidate]:
    """What the last word may become.

    Args:
        words: What follows the name of the program, the last word unfinished and perhaps empty.

    Returns:
        Words that begin like the last one; none where a file is expected.
    """
    *before, begun = [word for word in words if word != "="] or [""]  # bash makes three words of --option=value
    name = next((word for word in before if not word.startswith("-")), None)
    if name is None:
        offered = _flags(overview_options()) if begun.startswith("-") else _commands()
    elif name in COMMANDS:
        offered = _of_command(command_line(name)[0], before[before.index(name) + 1 :], begun)
    else:
        offered = []
    return [each for each in offered if each.word.startswith(begun)]


def _of_command(line: CommandLine, before: Sequence[str], begun: str) -> list[Candidate]:
    options = line.options()
    if "--" in before:
        return []
    if before and before[-1] in options and options[before[-1]].nargs != 0:
        return _choices([options[before[-1]]])
    option, equals, _ = begun.partition("=")
    if equals and option in options:
        return [Candidate(f"{option}={each.word}") for each in _choices([options[option]])]
    if begun.startswith("-"):
        return [Candidate(name, action.help or "") for name, action in options.items()]
    return _choices(line.arguments)


def _choices(actions: Iterable[argparse.Action]) -> list[Candidate]:
    return [Candidate(choice) for action in actions for choice in action.choices or ()]


def _commands() -> list[Candidate]:
    return [Candidate(name, summary) for name, (_, summary) in COMMANDS.items()]


def _flags(names: Iterable[str]) -> list[Candidate]:
    return [Candidate(name) for name in names]


def _describe(line: CommandLine) -> None:
    line.explain(
        "With words behind it, it prints what the last of them may become; the script calls it so.",
        examples=(
            'eval "$(digitnet completion bash)"  # in .bashrc',
            'eval "$(digitnet completion zsh)"   # in .zshrc, last',
            "digitnet completion fish | source   # in config.fish",
        ),
    )
    line.argument("shell", choices=tuple(_SCRIPTS), type=one_of(_SCRIPTS), help="The shell that is to complete.")
    line.argument("words", metavar="WORD", nargs="*", help="What has been typed behind digitnet.")


def _run(arguments: Namespace) -> int:
    if not arguments.words:
        sys.stdout.write(_SCRIPTS[arguments.shell])
        return 0
    for each in candidates(arguments.words):
        sys.stdout.write(_line(each, arguments.shell))
    return 0


def _line(candidate: Candidate, shell: str) -> str:
    """A candidate in the form in which the shell reads it."""
    if shell == "zsh":
        word, meaning = (text.replace(":", "\\:") for text in candidate)
        return f"{word}:{meaning}\n" if meaning else f"{word}\n"
    if shell == "fish" and candidate.meaning:
        return f"{candidate.word}\t{candidate.meaning}\n"
    return f"{candidate.word}\n"


COMMAND = Command(_describe, _run)
