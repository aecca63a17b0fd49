"""`digitnet studio`: the server for one person, and the page opened in the browser."""

from typing import Annotated

import typer

from digitnet.cli.options import AugmentInferenceOption, ModelOption, PrecisionOption
from digitnet.cli.serve import (
    HostOption,
    PortOption,
    Service,
    StudioDirOption,
    TrainingOption,
    server_settings,
    start,
    token,
)

__all__ = ["studio"]


def studio(
    *,
    model: ModelOption = None,
    precision: PrecisionOption = None,
    augment_inference: AugmentInferenceOption = 0,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    no_training: TrainingOption = False,
    studio_dir: StudioDirOption = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
) -> None:
    """Open the page: draw digits, see why they are read as they are, train and correct a network.

    The same server as `digitnet serve`, without a log of requests.
    """
    settings = server_settings()(host=host, token=token(), access_log=False)
    start(
        Service(
            settings,
            port,
            model,
            precision,
            augment_inference,
            workers=1,
            training=not no_training,
            studio_dir=studio_dir,
            browser=not no_browser,
        )
    )
