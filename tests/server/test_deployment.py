"""The examples of a container, a service and a cluster call what there is, and give it no more rights than it needs."""

import json
import re
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

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


def manifests() -> dict[str, Any]:
    """What `kubectl apply` would make, by its kind."""
    yaml = pytest.importorskip("yaml", reason="needs PyYAML, which the extra scale brings: pip install pyyaml")
    text = (DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")
    return {each["kind"]: each for each in yaml.safe_load_all(text)}


def test_the_cluster_starts_the_server_of_the_container() -> None:
    found = manifests()
    pod = found["Deployment"]["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    assert {word for word in container["args"] if word.startswith("--")} <= options()
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    (port,) = container["ports"]
    assert f"EXPOSE {port['containerPort']}" in text
    assert found["Service"]["spec"]["ports"][0]["targetPort"] == port["name"]
    paths = json.loads(files("digitnet.server").joinpath("openapi.json").read_text(encoding="utf-8"))["paths"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["port"] == port["name"]
        assert "get" in paths[container[probe]["httpGet"]["path"]]
    for kind in ("Service", "Deployment", "PodDisruptionBudget"):
        selector = found[kind]["spec"]["selector"]
        assert selector.get("matchLabels", selector) == pod["metadata"]["labels"]


def test_the_cluster_gives_the_server_no_more_rights_than_it_needs() -> None:
    pod = manifests()["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    assert f"--uid {pod['securityContext']['runAsUser']} " in text
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not pod["automountServiceAccountToken"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"].keys() == {"cpu", "memory"}
    written = {mount["mountPath"] for mount in container["volumeMounts"]}
    assert written == {"/data", "/tmp"}  # noqa: S108 - of the container; what the Containerfile says is written


def test_the_cluster_takes_the_manifest_by_its_schema() -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="needs kubernetes-validate: scripts/test-kubernetes")
    wrong = manifests()["Deployment"]
    for version in ("1.25", "1.37"):
        for manifest in manifests().values():
            validate.validate(manifest, version, strict=True)
    wrong["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
    with pytest.raises(validate.ValidationError, match="livenesProbe"):
        validate.validate(wrong, "1.37", strict=True)
