"""The environments of the peers."""

import re
from pathlib import Path

import pytest

from made_up_benchmarks import REPOSITORY, load, needs_checkout

pytestmark = needs_checkout


def test_an_environment_of_ones_own_is_used_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environments = load("environments")
    peers = (environments.TENSORFLOW, environments.PYTORCH, environments.SKLEARN)
    for peer in peers:
        (tmp_path / peer.name / "bin").mkdir(parents=True)
        (tmp_path / peer.name / "bin" / "python").symlink_to("/no/such/interpreter")
    before = sorted(tmp_path.rglob("*"))
    environments.make_environments(tmp_path, peers)
    assert sorted(tmp_path.rglob("*")) == before
    reason = "skipped, it has no interpreter: No such file or directory"
    assert capsys.readouterr().err.splitlines() == [f"{peer.name}: {reason}" for peer in peers]


def test_requirements_are_names_and_versions_only() -> None:
    files = sorted((REPOSITORY / "benchmarks" / "requirements").iterdir())
    suites = [load(module).SUITE for module in ("__main__", "serving.__main__")]
    peers = [peer for suite in suites for peer in suite.environments] + list(load("pictures.rivals").ENVIRONMENTS)
    assert {path.stem for path in files} == {peer.name for peer in peers}
    for path in files:
        for line in path.read_text(encoding="utf-8").splitlines():
            assert re.fullmatch(r"#.*|[a-z-]+([=>]=[\d.]+)?", line), line


def test_the_reason_of_a_failed_installation_is_shown() -> None:
    run = load("results").Run("turns")
    run.skipped = {"BentoML, batching": "no environment", "LitServe": "answers with status 500"}
    load("commands").explain(run, {"bentoml": "pip could not install it"})
    assert run.skipped == {"BentoML, batching": "pip could not install it", "LitServe": "answers with status 500"}
