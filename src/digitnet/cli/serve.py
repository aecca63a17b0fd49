"""`digitnet serve`: the HTTP server, with the page."""

import os
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from digitnet.cli.command_line import Command, CommandLine, OptionSection
from digitnet.cli.lines import print_note
from digitnet.cli.model_notes import note_missing_digest
from digitnet.cli.options import add_answering, add_model
from digitnet.cli.start_up import quick_imports
from digitnet.cli.values import real_number, whole_number
from digitnet.errors import ConfigurationError, MissingExtraError
from digitnet.model_file.metadata import Precision

if TYPE_CHECKING:
    from digitnet.inference.classifier import Classifier
    from digitnet.server import Settings
    from digitnet.server.routing import Application

__all__ = ["COMMAND", "Service", "add_address", "add_allow_host", "add_page", "server_settings", "start", "token"]

TOKEN = "DIGITNET_TOKEN"  # noqa: S105 - the name of an environment variable

# What the Host check of the page does, and does not, where others can reach the server.
_EXPOSED = (
    "the page answers browsers on this machine, and under names given with --allow-host: that stops browsers elsewhere "
    f"and web pages that borrow this address, but nobody who can forge a header; {TOKEN} stops those too"
)

# Limits of options, chosen by hand so that a slip of the finger is refused.
_MAX_WORKERS = 256  # processes; chosen by hand
_MAX_BODY = 1024  # MiB
_BODY_TIMEOUTS = (0.1, 3600)  # seconds
_ANSWER_TIMEOUTS = (0.1, 86_400)  # seconds


@dataclass(frozen=True)
class Service:
    """What is served, and how.

    Attributes:
        settings: Of the server.
        port: Where it listens.
        model: A model file or run folder; None for the bundled one.
        precision: Of the model.
        augment_inference: Distorted copies of each image that the network is unsure of.
        workers: Processes.
        training: Whether the page may train.
        studio_dir: Where the page keeps what it makes; None for the user's folder.
        browser: Whether to open the page.
        coverage: How often the candidates of a digit hold the right one; None for the default.
        always_answer: Whether nothing that is written is refused.
        quiet: Whether nothing but errors is printed.
    """

    settings: "Settings"
    port: int
    model: str | None
    precision: Precision | None
    augment_inference: int
    workers: int
    training: bool
    studio_dir: str | None
    browser: bool = False
    coverage: float | None = None
    always_answer: bool = False
    quiet: bool = False


def add_address(section: OptionSection) -> None:
    """Where the server listens."""
    section.option(
        "--host", metavar="HOST", default="127.0.0.1", help="Address to listen on; 0.0.0.0 for all of this machine's."
    )
    section.option(
        "--port",
        metavar="PORT",
        default=8000,
        type=whole_number(0, 65535),
        help="Port to listen on; 0 takes a free one.",
    )


def add_allow_host(section: OptionSection) -> None:
    """Other names of the server."""
    section.option(
        "--allow-host",
        metavar="NAME",
        action="append",
        help="A host name under which a proxy, or a browser on another machine, finds this server; repeatable.",
    )


def add_page(section: OptionSection) -> None:
    """What the page may do."""
    section.flag("--no-training", help="The page may not train networks.")
    section.option(
        "--studio-dir",
        metavar="DIR",
        help="Where the page keeps corrections and networks that it trained. [default: a folder of the user's data]",
    )


def _describe(line: CommandLine) -> None:
    line.explain(
        "It speaks the Open Inference Protocol V2 and TensorFlow Serving's REST, and takes pictures. It listens on "
        "this machine alone unless --host says otherwise. Where the environment has DIGITNET_TOKEN, requests need the "
        'header "Authorization: Bearer" with that token. SIGTERM or Ctrl-C finishes what was accepted and ends. Each '
        "request is a line of JSON on stderr; /metrics is for Prometheus, /openapi.json describes everything.",
        examples=(
            "digitnet serve",
            "digitnet serve --host 0.0.0.0 --port 80 --workers 4",
            "curl -F file=@number.png http://127.0.0.1:8000/read",
        ),
    )
    section = line.section("Server")
    add_address(section)
    section.option(
        "--workers", metavar="N", default=1, type=whole_number(1, _MAX_WORKERS), help="Processes that answer."
    )
    add_page(line.section("Page"))
    add_model(line.section("Model"))
    add_answering(line.section("Answers"))
    _add_proxy(line.section("Behind a proxy"))
    _add_limits(line.section("Limits and log"))


def _add_proxy(section: OptionSection) -> None:
    section.option(
        "--root-path", metavar="PATH", default="", help="A prefix of all paths, where a proxy in front adds one."
    )
    section.option(
        "--allow-origin",
        metavar="ORIGIN",
        action="append",
        help="Web pages of this origin may call, such as https://example.org; repeatable.",
    )
    add_allow_host(section)


def _add_limits(section: OptionSection) -> None:
    section.option(
        "--max-requests", metavar="N", default=1024, type=whole_number(1), help="Requests at a time; 503 beyond."
    )
    section.option(
        "--max-body", metavar="MB", default=32, type=whole_number(1, _MAX_BODY), help="MiB of a request's body at most."
    )
    section.option(
        "--body-timeout",
        metavar="SECONDS",
        default=30.0,
        type=real_number(*_BODY_TIMEOUTS),
        help="Seconds in which a body must be complete.",
    )
    section.option(
        "--answer-timeout",
        metavar="SECONDS",
        default=60.0,
        type=real_number(*_ANSWER_TIMEOUTS),
        help="Seconds in which a request that has come must be answered; 503 beyond.",
    )
    section.flag("--no-batching", help="One inference for each request.")
    section.flag("--no-access-log", help="No line for each request.")


def _run(arguments: Namespace) -> int:
    settings = server_settings()(
        host=arguments.host,
        root_path=arguments.root_path,
        token=token(),
        allow_hosts=tuple(arguments.allow_host or ()),
        allow_origins=tuple(_origin(origin) for origin in arguments.allow_origin or ()),
        body_bytes=arguments.max_body << 20,
        all_bodies_bytes=max(256, 2 * arguments.max_body) << 20,
        body_seconds=arguments.body_timeout,
        answer_seconds=arguments.answer_timeout,
        requests=arguments.max_requests,
        batching=not arguments.no_batching,
        access_log=not (arguments.no_access_log or arguments.quiet),
    )
    start(
        Service(
            settings,
            arguments.port,
            arguments.model,
            arguments.precision,
            arguments.augment_inference,
            arguments.workers,
            training=not arguments.no_training,
            studio_dir=arguments.studio_dir,
            coverage=arguments.coverage,
            always_answer=arguments.always_answer,
            quiet=arguments.quiet,
        )
    )
    return 0


COMMAND = Command(_describe, _run)


def start(service: Service) -> None:
    """Serve until a signal ends it.

    Args:
        service: What, and how.

    Raises:
        ModelFileError: The model is missing or damaged.
        ServerStartError: The port is in use.
        StorageError: The folder of the studio cannot be used.
        ConfigurationError: A setting of the classifier is out of range.
    """
    from digitnet.inference.classifier import DEFAULT_COVERAGE, DEFAULT_REFUSAL, load_classifier
    from digitnet.server import is_loopback, open_socket, run

    with quick_imports():
        import digitnet.studio  # noqa: F401 - before workers are forked, which then share it

    folder = _studio_folder(service)
    listening = open_socket(service.settings.host, service.port)
    classifier = load_classifier(
        service.model,
        precision=service.precision,
        augment_inference=service.augment_inference,
        coverage=DEFAULT_COVERAGE if service.coverage is None else service.coverage,
        refusal=0.0 if service.always_answer else DEFAULT_REFUSAL,
    )
    note_missing_digest(classifier, service.model, quiet=service.quiet)
    address = _address(service.settings, listening.getsockname()[1])
    if not service.quiet:
        print_note(f"{address} (Ctrl-C ends it)")
        if not is_loopback(service.settings.host) and service.settings.token is None:
            print_note(_EXPOSED)
    _note_damaged_corrections(folder)
    if service.workers > 1 and service.training and not service.quiet:
        print_note(f"with {service.workers} workers the page trains no networks: a run belongs to one process")
    if service.browser:
        _open_browser_soon(address)
    run(lambda: _app(service, classifier, folder), listening, service.settings, service.workers)


def _studio_folder(service: Service) -> Path:
    """The folder of the page's runs and corrections, made before the address is printed."""
    from digitnet.studio.teaching.private_folder import default_studio_folder, make_private_folder

    return make_private_folder(default_studio_folder() if service.studio_dir is None else Path(service.studio_dir))


def _note_damaged_corrections(folder: Path) -> None:
    """Say before the first request that the page cannot show or take corrections; digits are read all the same."""
    from digitnet.studio.teaching.corrections import Corrections
    from digitnet.studio.teaching.errors import BusyError, StorageError

    try:
        Corrections.in_folder(folder).check()
    except BusyError:
        pass  # another server uses it, and has looked
    except StorageError as error:
        print_note(str(error))


def _app(service: Service, classifier: "Classifier", folder: Path) -> "Application":
    from digitnet.server import make_app
    from digitnet.studio.studio import Studio

    training = service.training and service.workers == 1
    model = None if service.model is None else Path(service.model)
    studio = Studio(classifier, model, folder=folder, training=training)
    return make_app(classifier, service.settings, studio.routes, [studio.close])


def server_settings() -> "type[Settings]":
    """The server's settings.

    Raises:
        MissingExtraError: The server's packages are not installed.
    """
    # NumPy's products, of which the glass box makes small ones: two threads that wait for each other on busy cores take
    # ten times as long as one. It is read when NumPy is imported; answers are ONNX Runtime's, which does not read it.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        with quick_imports():
            from digitnet.server import Settings
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("digitnet"):
            raise
        raise MissingExtraError(f"{error.name} is not installed: pip install 'digitnet[serve]'") from error
    return Settings


def token() -> str | None:
    """What requests have to carry, from the environment; None where it has none.

    Raises:
        ConfigurationError: It is too short, or no header can carry it.
    """
    text = os.environ.get(TOKEN)
    if text is not None and (len(text) < 8 or not text.isascii() or not text.isprintable() or " " in text):
        raise ConfigurationError(f"{TOKEN} is not a token: expected 8 visible ASCII characters or more")
    return text


def _origin(text: str) -> str:
    scheme, _, rest = text.rstrip("/").partition("://")
    if scheme not in {"http", "https"} or not rest or "/" in rest or "*" in rest:
        raise ConfigurationError(f"{text} is not an origin: expected one such as https://example.org")
    return text.rstrip("/")


def _address(settings: "Settings", port: int) -> str:
    host = settings.host if settings.host not in {"0.0.0.0", "::", ""} else "localhost"  # noqa: S104 - compared only
    name = f"[{host}]" if ":" in host else host
    prefix = settings.root_path.strip("/")
    return f"http://{name}:{port}/{prefix}{'/' if prefix else ''}"


def _open_browser_soon(address: str) -> None:
    """Open the page; the socket listens already, so that it need not be timed."""
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
