"""`digitnet serve`: the HTTP server, with the page."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from digitnet.cli.options import (
    AlwaysAnswerOption,
    AugmentInferenceOption,
    CoverageOption,
    ModelOption,
    PrecisionOption,
)
from digitnet.cli.start_up import quick_imports
from digitnet.errors import ConfigurationError, MissingExtraError
from digitnet.model_file.metadata import Precision

if TYPE_CHECKING:
    from digitnet.inference.classifier import Classifier
    from digitnet.server import Settings
    from digitnet.server.routing import Gate

__all__ = [
    "AccessLogOption",
    "AllowHostOption",
    "AllowOriginOption",
    "HostOption",
    "PortOption",
    "RootPathOption",
    "Service",
    "StudioDirOption",
    "TrainingOption",
    "WorkersOption",
    "serve",
    "server_settings",
    "start",
    "token",
]

TOKEN = "DIGITNET_TOKEN"  # noqa: S105 - the name of an environment variable

HostOption: TypeAlias = Annotated[
    str, typer.Option(metavar="HOST", help="Address to listen on; 0.0.0.0 for all of this machine's.")
]
PortOption: TypeAlias = Annotated[int, typer.Option(min=0, max=65535, metavar="PORT", help="0 takes a free one.")]
WorkersOption: TypeAlias = Annotated[int, typer.Option(min=1, max=256, metavar="N", help="Processes that answer.")]
TrainingOption: TypeAlias = Annotated[bool, typer.Option("--no-training", help="The page may not train networks.")]
StudioDirOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="DIR",
        help="Where the page keeps corrections and the networks that it trained. Default: a folder of the user's data.",
    ),
]
RootPathOption: TypeAlias = Annotated[
    str, typer.Option(metavar="PATH", help="A prefix of all paths, where a proxy in front adds one.")
]
AllowOriginOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="ORIGIN", help="Web pages of this origin may call, such as https://example.org; repeatable."),
]
AllowHostOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="A host name under which a proxy offers this server; repeatable."),
]
AccessLogOption: TypeAlias = Annotated[bool, typer.Option("--no-access-log", help="No line for each request.")]


@dataclass(frozen=True)
class Service:
    """What is served, and how.

    Attributes:
        settings: Of the server.
        port: Where it listens.
        model: A model file or run folder; None for the bundled one.
        precision: Of the model.
        augment_inference: Distorted copies for images in doubt.
        workers: Processes.
        training: Whether the page may train.
        studio_dir: Where the page keeps what it makes; None for the user's folder.
        browser: Whether to open the page.
        coverage: How often the candidates of a digit hold the right one; None for the default.
        always_answer: Whether nothing that is written is refused.
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


def serve(  # noqa: PLR0913 - the options of a command
    *,
    model: ModelOption = None,
    precision: PrecisionOption = None,
    augment_inference: AugmentInferenceOption = 0,
    coverage: CoverageOption = None,
    always_answer: AlwaysAnswerOption = False,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    workers: WorkersOption = 1,
    no_training: TrainingOption = False,
    studio_dir: StudioDirOption = None,
    root_path: RootPathOption = "",
    allow_origin: AllowOriginOption = None,
    allow_host: AllowHostOption = None,
    no_batching: Annotated[bool, typer.Option("--no-batching", help="One inference for each request.")] = False,
    no_access_log: AccessLogOption = False,
    max_body: Annotated[
        int, typer.Option(min=1, max=1024, metavar="MB", help="Of a request's body at most, in MiB.")
    ] = 32,
    body_timeout: Annotated[
        float, typer.Option(min=0.1, max=3600, metavar="SECONDS", help="A body must be complete after so long.")
    ] = 30.0,
    max_requests: Annotated[int, typer.Option(min=1, metavar="N", help="Requests at a time; 503 beyond.")] = 1024,
) -> None:
    """Serve the page, and digits over HTTP: Open Inference Protocol V2, TensorFlow Serving's, and pictures.

    Listens on this machine alone unless --host says otherwise. Where the environment has DIGITNET_TOKEN, requests need
    the header "Authorization: Bearer" with that token. SIGTERM or Ctrl-C finishes what was accepted and ends. Each
    request is a line of JSON on stderr; /metrics is for Prometheus, /openapi.json describes everything.
    """
    settings = server_settings()(
        host=host,
        root_path=root_path,
        token=token(),
        allow_hosts=tuple(allow_host or ()),
        allow_origins=tuple(_origin(origin) for origin in allow_origin or ()),
        body_bytes=max_body << 20,
        all_bodies_bytes=max(256, 2 * max_body) << 20,
        body_seconds=body_timeout,
        requests=max_requests,
        batching=not no_batching,
        access_log=not no_access_log,
    )
    start(
        Service(
            settings,
            port,
            model,
            precision,
            augment_inference,
            workers,
            not no_training,
            studio_dir,
            coverage=coverage,
            always_answer=always_answer,
        )
    )


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
    from digitnet.server import open_socket, run

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
    address = _address(service.settings, listening.getsockname()[1])
    _tell(f"{address} (Ctrl-C ends it)")
    if service.workers > 1 and service.training:
        _tell(f"with {service.workers} workers the page trains no networks: a run belongs to one process")
    if service.browser:
        _open_soon(address)
    run(lambda: _app(service, classifier, folder), listening, service.settings, service.workers)


def _studio_folder(service: Service) -> Path:
    """Where the page keeps what it makes; made before anybody is told an address that nobody would answer at."""
    from digitnet.studio.teaching.places import default_studio_folder, make_private_folder

    return make_private_folder(default_studio_folder() if service.studio_dir is None else Path(service.studio_dir))


def _app(service: Service, classifier: "Classifier", folder: Path) -> "Gate":
    from digitnet.server import make_app
    from digitnet.studio import Studio

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


def _tell(message: str) -> None:
    sys.stderr.write(f"digitnet: {message}\n")
    sys.stderr.flush()


def _open_soon(address: str) -> None:
    """Open the page; the socket listens already, so that it need not be timed."""
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
