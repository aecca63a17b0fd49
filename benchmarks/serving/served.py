"""Who serves: digitnet, with and without batching, and its peers, all with the same model file."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.environments import BENTOML, LITSERVE, MLSERVER, OURS, Environment
from benchmarks.processes import Contestant
from benchmarks.serving import messages
from benchmarks.serving.messages import Forms
from digitnet.model_file.contract import bundled_model_path

__all__ = ["DIGITNET", "PEERS", "PEER_ENVIRONMENTS", "STARTED", "UNBATCHED", "Served"]

_PACKAGES = ("onnxruntime", "numpy", "starlette", "uvicorn")


@dataclass(frozen=True)
class Served:
    """One server.

    Attributes:
        name: For people.
        environment: Where it runs.
        arguments: Of its interpreter; PORT and MODEL stand for the port and the model file.
        ready: The path that answers 200 once it is ready.
        forms: How it is asked.
        packages: Whose versions are told.
    """

    name: str
    environment: Environment
    arguments: tuple[str, ...]
    ready: str
    forms: Forms
    packages: tuple[str, ...]

    def command(self, port: int) -> list[str]:
        """The arguments with their gaps filled."""
        known = {"PORT": str(port), "MODEL": str(bundled_model_path())}
        return [known.get(argument, argument) for argument in self.arguments]

    @property
    def contestant(self) -> Contestant:
        """The same as the other benchmarks know it: its environment and variables."""
        return Contestant(self.name, "", self.environment)


_SCRIPTS = Path(__file__).resolve().parents[1] / "contestants"
_SERVE = ("-m", "digitnet", "serve", "--port", "PORT")
_READY = "/v2/health/ready"
DIGITNET = Served("digitnet", OURS, _SERVE, _READY, messages.OURS, ("digitnet", *_PACKAGES))
UNBATCHED = Served(
    "digitnet, no batching", OURS, (*_SERVE, "--no-batching"), _READY, messages.OURS, ("digitnet", *_PACKAGES)
)


def _peer(name: str, environment: Environment, ready: str, forms: Forms, way: str = "single") -> Served:
    script = str(_SCRIPTS / f"serve_{environment.name}.py")
    packages = (environment.name, *_PACKAGES)
    return Served(name, environment, (script, "PORT", "MODEL", way), ready, forms, packages)


# MLServer and LitServe as they were faster under load in a trial, which is without their batching, at 1 ms of waiting.
# BentoML's batching costs latency when idle and gains requests under load: both of its ways take part.
PEERS = (
    _peer("MLServer", MLSERVER, _READY, messages.MLSERVER),
    _peer("BentoML", BENTOML, "/readyz", messages.BENTOML),
    _peer("BentoML, batching", BENTOML, "/readyz", messages.BENTOML, "batching"),
    _peer("LitServe", LITSERVE, "/health", messages.LITSERVE),
)
PEER_ENVIRONMENTS = (MLSERVER, BENTOML, LITSERVE)
# How requests are answered together makes no difference to a start.
STARTED = (DIGITNET, *(peer for peer in PEERS if peer.arguments[-1] == "single"))
