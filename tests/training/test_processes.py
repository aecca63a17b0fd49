"""Where the processes of a training find each other, by their environment."""

import jax
import pytest

from digitnet.errors import ConfigurationError, TrainingProcessError
from digitnet.training import processes
from digitnet.training.processes import Address, address_of, agreed, is_leader, join, shared, watched

WHOLE = {"JAX_COORDINATOR_ADDRESS": "10.0.0.5:1234", "JAX_NUM_PROCESSES": "2"}


def test_variables_of_jax_say_everything() -> None:
    found = address_of({**WHOLE, "JAX_PROCESS_ID": "1", "DIGITNET_JOIN_SECONDS": "7"})
    assert found == Address("10.0.0.5:1234", 2, 1, 7)
    assert found.missing == ()


def test_an_indexed_job_says_which_process_this_is_unless_the_user_does() -> None:
    assert address_of({**WHOLE, "JOB_COMPLETION_INDEX": "1"}).number == 1
    assert address_of({**WHOLE, "JOB_COMPLETION_INDEX": "1", "JAX_PROCESS_ID": "0"}).number == 0


def test_what_is_not_said_is_missing() -> None:
    found = address_of({"JAX_NUM_PROCESSES": "2"})
    assert found.missing == ("JAX_COORDINATOR_ADDRESS", "JAX_PROCESS_ID")
    assert found.seconds == 300


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"JAX_COORDINATOR_ADDRESS": "node1"}, "is 'node1': expected host:port, for example 10.0.0.5:1234"),
        ({"JAX_COORDINATOR_ADDRESS": ":80"}, "is ':80': expected host:port"),
        ({"JAX_COORDINATOR_ADDRESS": "node1:70000"}, "expected host:port"),
        ({"JAX_NUM_PROCESSES": "two"}, "JAX_NUM_PROCESSES is 'two': expected a whole number, 1 or more"),
        ({"JAX_NUM_PROCESSES": "0"}, "expected a whole number, 1 or more"),
        ({"JAX_PROCESS_ID": "-1"}, "JAX_PROCESS_ID is '-1': expected a whole number, 0 or more"),
        ({**WHOLE, "JAX_PROCESS_ID": "2"}, "JAX_PROCESS_ID is 2 and JAX_NUM_PROCESSES 2: expected 0 to 1"),
        ({**WHOLE, "JOB_COMPLETION_INDEX": "5"}, "JOB_COMPLETION_INDEX is 5 and JAX_NUM_PROCESSES 2"),
        ({"DIGITNET_JOIN_SECONDS": "0"}, "DIGITNET_JOIN_SECONDS is '0': expected a whole number, 1 or more"),
    ],
)
def test_a_variable_that_makes_no_sense_is_named(variables: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        address_of(variables)
    assert message in str(caught.value)


def test_an_address_that_nobody_completes_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"set JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES, JAX_PROCESS_ID, or"):
        join(Address(None, None, None))


def test_a_single_process_leads_agrees_and_shares_with_itself() -> None:
    assert is_leader()
    assert agreed(lambda: 3, lambda result: {"result": result}) == 3
    assert shared(b"content") == b"content"
    assert shared(b"") == b""


def test_an_error_of_the_own_step_is_raised_as_it_is() -> None:
    def fail() -> None:
        raise ConfigurationError("as it is")

    with pytest.raises(ConfigurationError, match="as it is"):
        agreed(fail)


def test_facts_that_differ_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(report: dict[str, dict[str, int]]) -> list[dict[str, dict[str, int]]]:
        return [report, {"facts": {"epochs": 3, "seed": 1}}]

    monkeypatch.setattr(processes, "_gathered", answers)
    with pytest.raises(TrainingProcessError, match=r"process 1 has seed 1, but process 0 has 0: start all"):
        agreed(lambda: None, lambda _: {"epochs": 3, "seed": 0})


def test_an_error_of_another_process_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_gathered", lambda report: [report, {"error": "no data"}])
    with pytest.raises(TrainingProcessError, match="process 1 cannot train, so none does: no data"):
        agreed(lambda: None)


def test_the_loss_of_a_process_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jax, "process_count", lambda: 2)
    with pytest.raises(TrainingProcessError, match=r"has ended .* \(UNKNOWN: Gloo failed\)"), watched():
        raise ValueError("UNKNOWN: Gloo failed\nmore")
    with pytest.raises(ValueError, match="of a callback"), watched():
        raise ValueError("of a callback")
    with pytest.raises(ConfigurationError), watched():
        raise ConfigurationError("batch_size is 3")
