"""The command line: parse, call, print. Heavy modules are imported by the command that needs them."""

from digitnet.cli.entry import main

__all__ = ["main"]
