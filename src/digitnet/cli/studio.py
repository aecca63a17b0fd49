"""`digitnet studio`: the server for one person, and the page opened in the browser."""

from argparse import Namespace

from digitnet.cli.command_line import Command, CommandLine
from digitnet.cli.options import add_augment_inference, add_model
from digitnet.cli.serve import Service, add_address, add_allow_host, add_page, server_settings, start, token

__all__ = ["COMMAND"]


def _describe(line: CommandLine) -> None:
    line.explain(
        "Draw digits, see why they are read as they are, train and correct a network. It is the same server as that of "
        "digitnet serve, without a log of requests.",
        examples=("digitnet studio", "digitnet studio --model runs/standard-20260101-120000"),
    )
    section = line.section("Page")
    section.flag("--no-browser", help="Only print the address.")
    add_page(section)
    section = line.section("Server")
    add_address(section)
    add_allow_host(section)
    section = line.section("Model")
    add_model(section)
    add_augment_inference(section)


def _run(arguments: Namespace) -> int:
    settings = server_settings()(
        host=arguments.host, token=token(), allow_hosts=tuple(arguments.allow_host or ()), access_log=False
    )
    start(
        Service(
            settings,
            arguments.port,
            arguments.model,
            arguments.precision,
            arguments.augment_inference,
            workers=1,
            training=not arguments.no_training,
            studio_dir=arguments.studio_dir,
            browser=not arguments.no_browser,
            quiet=arguments.quiet,
        )
    )
    return 0


COMMAND = Command(_describe, _run)
