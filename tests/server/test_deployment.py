"""The examples of a container and of a service call what there is."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

from digitnet.cli.commands import command_line

DEPLOY = Path(__file__).parents[2] / "deploy"

pytestmark = pytest.mark.skipif(not DEPLOY.is_dir(), reason="the examples are not installed with the package")


def options() -> set[str]:
    """All options of `digitnet serve`."""
    line, _ = command_line("serve")
    return set(line.options())


def test_the_container_starts_the_server() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    found = re.search(r"^ENTRYPOINT (\[.*\])$", text.replace("\\\n", ""), re.MULTILINE)
    assert found is not None
    command = json.loads(found[1])
    assert command[:2] == ["digitnet", "serve"]
    assert {word for word in command if word.startswith("--")} <= options()
    names = [word for option, word in pairwise(command) if option == "--allow-host"]
    assert set(names) >= {"localhost", "127.0.0.1"}  # the page is opened there, from an address that is no loopback one
    copied = re.findall(r"^COPY (?!--)(.*) \S+$", text, re.MULTILINE)
    for name in " ".join(copied).split():
        assert (DEPLOY.parent / name).exists()


def test_the_service_starts_the_server() -> None:
    text = (DEPLOY / "digitnet.service").read_text(encoding="utf-8")
    found = re.search(r"^ExecStart=\S+/digitnet serve (.*)$", text, re.MULTILINE)
    assert found is not None
    assert {word for word in found[1].split() if word.startswith("--")} <= options()
