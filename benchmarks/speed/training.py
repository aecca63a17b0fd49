"""One epoch: beside peers and beside the machine's matrix products, by its parts, and with augmentation."""

import statistics
from typing import Any

from benchmarks.arithmetic import floor_seconds
from benchmarks.contestants.contest import HIDDEN_SIZES
from benchmarks.environments import OURS, PYTORCH, SKLEARN, TENSORFLOW, Environment
from benchmarks.processes import Contestant
from benchmarks.results import Rounds, Row, Run, new_run
from benchmarks.rounds import Turn, play
from benchmarks.settings import Settings

_IMAGES = 60_000  # of an epoch
_EPOCHS = 3  # of a turn; the first compiles and does not count
_QUICK = {"epochs": 2, "images": 12_800}
# What multiplies matrices: name of the package, and where it runs.
_ENGINES: dict[str, tuple[str, Environment]] = {
    "NumPy": ("numpy", OURS),
    "JAX": ("jax", OURS),
    "PyTorch": ("torch", PYTORCH),
}
# Name, script, environment, Keras's backend, further arguments.
_PEERS: tuple[tuple[str, str, Environment, str, tuple[str, ...]], ...] = (
    ("Keras `fit`, TensorFlow", "train_keras.py", TENSORFLOW, "tensorflow", ()),
    ("Keras `fit`, JAX", "train_keras.py", OURS, "jax", ()),
    ("Keras `fit`, PyTorch", "train_keras.py", PYTORCH, "torch", ()),
    ("PyTorch loop by hand", "train_torch.py", PYTORCH, "", ("eager",)),
    ("PyTorch loop, `torch.compile`", "train_torch.py", PYTORCH, "", ("compile",)),
    ("scikit-learn, no dropout", "train_sklearn.py", SKLEARN, "", ()),
)
_SLOW = ("Keras `fit`, PyTorch", "scikit-learn, no dropout")  # in every second round, to keep the whole in minutes
_LEFT_OUT: dict[str, dict[str, Any]] = {
    "everything": {},
    "dropout": {"dropout": 0.0},
    "Adam, beyond SGD": {"optimizer": "sgd"},
    "accuracy while training": {"metrics": []},
}
_ALONE = {"matrix products": "epoch", "shuffling, gathering": "gather"}
_AUGMENTED, _PLAIN = "with augmentation", "images as they are"


def digitnet_training(settings: Settings, name: str = "digitnet") -> Contestant:
    """Our own training."""
    return Contestant(name, "train_digitnet.py", arguments=(str(settings.training_data),))


def _products(settings: Settings, engine: str, subject: str, task: str, scale: float = 1.0) -> Turn:
    """Matrix products and nothing else; seconds of an epoch are scaled to the images of a quick one."""
    package, environment = _ENGINES[engine]
    arguments = (package, str(settings.training_data))
    contestant = Contestant(f"products, {engine}", "products.py", environment, arguments=arguments)
    return Turn(contestant, subject, {"task": task}, lambda answer: {task: scale * answer["value"]})


def rate_turns(settings: Settings) -> list[Turn]:
    """The machine's rate in large matrix products, by each engine."""
    return [_products(settings, engine, f"products, {engine}", "rate") for engine in _ENGINES]


def best_rates(found: Rounds) -> dict[int, float]:
    """The highest rate of each round, in operations a second; empty where none was measured."""
    by_engine = [found.of(f"products, {engine}", "rate") for engine in _ENGINES]
    numbers = sorted({number for rates in by_engine for number in rates})
    return {number: max(rates[number] for rates in by_engine if number in rates) for number in numbers}


def _median_epoch(answer: dict[str, Any]) -> dict[str, Any]:
    """The epochs of a turn as one number, without the first, which compiles."""
    return {**answer, "seconds": statistics.median(answer["seconds"][1:])}


def compare_epoch(settings: Settings) -> list[Run]:
    """Train 784-512-512-10 with dropout 0.2, Adam and batches of 128, everyone in turn."""
    asked = _QUICK if settings.quick else {"epochs": _EPOCHS, "images": _IMAGES}
    rounds, data = settings.rounds_or(5), str(settings.training_data)
    run = new_run("epoch", "python -m benchmarks epoch", quick=settings.quick, rounds=rounds, **asked)
    trainers = [digitnet_training(settings)]
    for name, script, environment, backend, arguments in _PEERS:
        variables = {"KERAS_BACKEND": backend} if backend else {}
        trainers.append(Contestant(name, script, environment, variables, (data, *arguments)))
    turns = [
        Turn(trainer, request=asked, reduce=_median_epoch, every=2 if trainer.name in _SLOW else 1)
        for trainer in trainers
    ]
    scale = asked["images"] / _IMAGES
    products = [_products(settings, engine, f"products, {engine}", "epoch", scale) for engine in ("JAX", "PyTorch")]
    found, ready = play([*turns, *rate_turns(settings), *products], range(rounds), run, settings)
    run.settings["threads"] = ready.get("PyTorch loop by hand", {}).get("note", "not known")
    run.rows = epoch_rows(found, asked["images"])
    return [run]


def epoch_rows(found: Rounds, images: int) -> list[Row]:
    """Everyone's seconds and how many times ours they are, accuracy and memory; and the machine's floor."""
    rows: list[Row] = []
    for name in ("digitnet", *(peer[0] for peer in _PEERS)):
        rows += found.row(name, "seconds", "s")
        rows += found.times(name, "digitnet", "seconds") if name != "digitnet" else []
        rows += found.row(name, "accuracy", "share", summary=statistics.fmean)
        rows += found.row(name, "peak_mb", "MB", "peak", max)
    for engine in _ENGINES:
        rate = found.row(f"products, {engine}", "rate", "GFLOP/s")
        rows += [Row(row.subject, row.measure, row.value / 1e9, row.unit, row.n) for row in rate]
        rows += found.row(f"products, {engine}", "epoch", "s", "eight products")
    rows.append(Row("floor", "operations", floor_seconds(images, HIDDEN_SIZES, 1e9), "GFLOP"))
    rates = best_rates(found)
    if rates:
        least = floor_seconds(images, HIDDEN_SIZES, statistics.median(rates.values()))
        rows.append(Row("floor", "least seconds", least, "s", len(rates)))
    ours, shares = found.of("digitnet", "seconds"), Rounds()
    for number in rates.keys() & ours.keys():
        shares.add(
            "digitnet", number, {"share": 100 * floor_seconds(images, HIDDEN_SIZES, rates[number]) / ours[number]}
        )
    return rows + shares.row("digitnet", "share", "%", "share of floor")


def compare_profile(settings: Settings) -> list[Run]:
    """Train in one process, now with everything and now without one part; and the products alone beside it."""
    asked = _QUICK if settings.quick else {"epochs": _EPOCHS + 1, "images": _IMAGES}
    rounds = settings.rounds_or(3)
    run = new_run("profile", "python -m benchmarks profile", quick=settings.quick, rounds=rounds, **asked)
    trainer = digitnet_training(settings)
    turns = [Turn(trainer, name, {**asked, **less}, _median_epoch) for name, less in _LEFT_OUT.items()]
    scale = asked["images"] / _IMAGES
    turns += [_products(settings, "JAX", name, task, scale) for name, task in _ALONE.items()]
    found, _ = play(turns, range(rounds), run, settings)
    parts = parts_of_an_epoch(found)
    for name, seconds in parts.items():
        share = seconds / parts["everything"]
        run.rows += [Row(name, "seconds", seconds, "s", rounds), Row(name, "share", share, "share", rounds)]
    return [run]


def parts_of_an_epoch(found: Rounds) -> dict[str, float]:
    """Seconds of each part, which sum to the last entry, the whole epoch; empty where that was not measured."""
    whole = found.of("everything", "seconds")
    if not whole:
        return {}
    parts = dict.fromkeys(("matrix products", *list(_LEFT_OUT)[1:], "shuffling, gathering"), 0.0)
    for name in parts:
        alone = found.of(name, _ALONE.get(name, "seconds"))
        if alone and name in _ALONE:
            parts[name] = statistics.median(alone.values())
        elif alone:
            parts[name] = statistics.median(whole[number] - alone[number] for number in whole.keys() & alone.keys())
    everything = statistics.median(whole.values())
    return {**parts, "the rest": everything - sum(parts.values()), "everything": everything}


def compare_augmentation(settings: Settings) -> list[Run]:
    """Epochs of `record` with its augmentation and without, in one process, all else the same."""
    asked = _QUICK if settings.quick else {"epochs": _EPOCHS, "images": _IMAGES}
    rounds = settings.rounds_or(3)
    run = new_run("augmentation", "python -m benchmarks augmentation", quick=settings.quick, rounds=rounds, **asked)
    trainer = digitnet_training(settings)
    turns = [
        Turn(trainer, name, {**asked, "preset": "record", "augment": name == _AUGMENTED}, _median_epoch)
        for name in (_AUGMENTED, _PLAIN)
    ]
    found, _ = play(turns, range(rounds), run, settings)
    run.rows = [row for name in (_AUGMENTED, _PLAIN) for row in found.row(name, "seconds", "s")]
    run.rows += found.times(_AUGMENTED, _PLAIN, "seconds")
    return [run]
