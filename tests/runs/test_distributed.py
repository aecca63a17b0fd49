"""A run of two processes: one leads and keeps it, the other follows. Tests of whole processes take minutes."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from digitnet.datasets import Dataset
from digitnet.datasets.idx import write_idx
from digitnet.errors import RunFolderError, TrainingInterruptedError
from digitnet.runs import distributed
from digitnet.runs.data import Data
from digitnet.runs.events import EpochFinished, RunEvent
from digitnet.runs.folder import RunFolder
from digitnet.runs.reproduction import compare_runs
from digitnet.training.checkpoint_file import CHECKPOINT_FILE, read_checkpoint
from digitnet.training.recipes import Recipe, make_recipe
from digitnet.training.stopping import StopRequest

OPTIONS = ["--preset", "quick", "--hidden-sizes", "12", "--batch-size", "50", "--epochs", "6", "--dropout", "0.3"]

whole_processes = pytest.mark.skipif(
    not os.environ.get("DIGITNET_TEST_PROCESSES"),
    reason="several processes that train take minutes: scripts/test-processes or make test-all runs this",
)


@pytest.fixture
def recipe() -> Recipe:
    return make_recipe("quick", hidden_sizes=(8,), batch_size=50, epochs=2, validation_fraction=0, hard_examples=0.3)


@pytest.fixture
def data() -> Data:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (120, 28, 28), dtype=np.uint8)
    return Data("noise", "noise", "fail", Dataset(images, (np.arange(120) % 10).astype(np.uint8)), None, None)


def test_a_follower_has_the_weights_of_the_leader_and_can_go_on_from_its_checkpoint(
    recipe: Recipe, data: Data, tmp_path: Path
) -> None:
    stop, folder = StopRequest(), RunFolder(tmp_path / "run")

    def stop_after_an_epoch(event: RunEvent) -> None:
        if isinstance(event, EpochFinished):
            stop.request()

    with pytest.raises(TrainingInterruptedError, match=r"1 of 2 epochs .* --resume"):
        distributed.start_distributed_run(
            recipe, data, folder.path, command=["digitnet"], listener=stop_after_an_epoch, stop=stop
        )
    assert "devices" not in folder.read_description()  # one device: a run like any other

    mesh = distributed.all_devices()
    follower = distributed.prepare_shared(recipe, data, mesh)
    stopped = StopRequest()
    stopped.request()  # ends after the epoch that follows
    assert distributed.follow_run(follower, b"", mesh, stopped) == 1
    kept = read_checkpoint(folder.checkpoint / CHECKPOINT_FILE)
    for variable, value in zip(follower.model.variables, kept.variables, strict=False):
        np.testing.assert_array_equal(variable.value, value)

    other = distributed.prepare_shared(recipe, data, mesh)
    assert distributed.follow_run(other, (folder.checkpoint / CHECKPOINT_FILE).read_bytes(), mesh, StopRequest()) == 2
    assert int(other.model.optimizer.iterations.value) == 2 * int(follower.model.optimizer.iterations.value)


def test_a_folder_that_nobody_can_go_on_with_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="is not a run folder"):
        distributed.resume_distributed_run(tmp_path)


def test_facts_name_versions_settings_and_data_but_no_path(recipe: Recipe, data: Data) -> None:
    facts = distributed.facts_of(distributed.prepare_shared(recipe, data, distributed.all_devices()))
    assert facts["version jax"] == jax.__version__
    assert facts["hidden_sizes"] == recipe.to_dict()["hidden_sizes"]
    assert facts["train_digest"] == data.train.digest
    assert "noise" not in facts.values()


# From here on whole processes.


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for part, count in (("train", 430), ("t10k", 100)):
        images = np.random.default_rng(count).integers(0, 256, (count, 28, 28), dtype=np.uint8)
        write_idx(folder / f"{part}-images-idx3-ubyte", images)
        write_idx(folder / f"{part}-labels-idx1-ubyte", (np.arange(count) % 10).astype(np.uint8))
    return folder


def start(
    digits: Path, *options: str, other: tuple[str, ...] = (), processes: int = 2, devices: int = 1
) -> "list[subprocess.Popen[str]]":
    """The processes of one `digitnet train --distributed`; all but the first get `other` options as well."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    source = [] if "--resume" in options else ["--data", str(digits), *OPTIONS, "--augment", "shift=2"]
    return [
        subprocess.Popen(
            [sys.executable, "-m", "digitnet", "train", "--distributed", *source, *options, *(other if number else ())],
            env={
                **os.environ,
                "JAX_COORDINATOR_ADDRESS": f"127.0.0.1:{port}",
                "JAX_NUM_PROCESSES": str(processes),
                "JAX_PROCESS_ID": str(number),
                "JAX_PLATFORMS": "cpu",
                "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(processes)
    ]


def ended(started: "list[subprocess.Popen[str]]") -> list[tuple[int, str, str]]:
    """Exit code, output and messages of each."""
    found = []
    for process in started:
        output, messages = process.communicate(timeout=600)
        found.append((process.returncode, output, messages))
    return found


def wait_for_epoch(process: "subprocess.Popen[str]", epoch: int) -> None:
    assert process.stderr is not None
    assert any(line.strip().startswith(f"{epoch}/") for line in process.stderr)


@whole_processes
def test_two_processes_come_to_the_bits_of_two_devices_of_one(digits: Path, tmp_path: Path) -> None:
    (leader, follower) = ended(start(digits, "--out", str(tmp_path / "two")))
    assert leader[0] == follower[0] == 0, (leader, follower)
    assert leader[1].startswith("Test accuracy")
    assert follower[1:] == ("", "")
    assert ended(start(digits, "--out", str(tmp_path / "one"), processes=1, devices=2))[0][0] == 0
    compared = compare_runs(tmp_path / "two", tmp_path / "one")
    assert compared.is_same, compared.difference_line


@whole_processes
@pytest.mark.parametrize("lost", [0, 1])
def test_a_lost_process_ends_the_others_and_the_run_goes_on_to_the_same_bits(
    digits: Path, tmp_path: Path, lost: int
) -> None:
    many = ("--epochs", "100")
    assert [one[0] for one in ended(start(digits, *many, "--out", str(tmp_path / "whole")))] == [0, 0]
    started = start(digits, *many, "--out", str(tmp_path / "killed"))
    wait_for_epoch(started[0], 4)
    started[lost].kill()
    code, _, messages = ended(started)[1 - lost]
    last = messages.strip().splitlines()[-1]
    assert code == 1
    assert last.startswith("digitnet: a process of this training has ended or cannot be reached any more"), messages
    assert "Traceback" not in messages
    resumed = ended(start(digits, "--resume", str(tmp_path / "killed")))
    assert [one[0] for one in resumed] == [0, 0], resumed
    compared = compare_runs(tmp_path / "whole", tmp_path / "killed")
    assert compared.is_same, compared.difference_line


@whole_processes
def test_one_process_goes_on_with_what_two_began_and_says_so(digits: Path, tmp_path: Path) -> None:
    started = start(digits, "--epochs", "100", "--out", str(tmp_path / "run"))
    wait_for_epoch(started[0], 2)
    started[1].kill()
    ended(started)
    resumed = ended(start(digits, "--resume", str(tmp_path / "run"), processes=1))
    assert resumed[0][0] == 0
    assert "begun on 2 devices and goes on with 1 device" in resumed[0][2]


@whole_processes
@pytest.mark.parametrize(
    ("options", "other", "code", "message"),
    [
        (
            (),
            ("--seed", "1"),
            1,
            "process 1 has seed 1, but process 0 has 0: start all processes with the same command",
        ),
        (("--batch-size", "75"), (), 2, "batch_size is 75, which the 2 devices of the mesh cannot share evenly"),
    ],
)
def test_processes_that_cannot_train_together_say_why(
    digits: Path, tmp_path: Path, options: tuple[str, ...], other: tuple[str, ...], code: int, message: str
) -> None:
    for found, _, messages in ended(start(digits, "--out", str(tmp_path / "run"), *options, other=other)):
        assert found == code
        assert message in messages
        assert len(messages.strip().splitlines()) == 1
    assert not (tmp_path / "run").exists()


@whole_processes
def test_a_process_that_is_alone_gives_up(digits: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITNET_JOIN_SECONDS", "3")
    started = start(digits)
    started[0].kill()
    code, _, messages = ended(started)[1]
    assert code == 1
    assert "did not come together" in messages
    assert len(messages.strip().splitlines()) == 1
