"""The repository served by Triton's own server, where the unpacked wheel nvidia-pytriton, which holds one, is named."""

import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from digitnet.arrays import AnyArray, Images
from digitnet.exports.export import export_model
from digitnet.exports.verification import comparison_images
from digitnet.model_file.contract import bundled_model_path, open_model
from live_server import HOST
from patience import PATIENCE, wait_until

httpx = pytest.importorskip("httpx", reason="needs the dev extra")
server = pytest.importorskip("digitnet.server.running", reason="needs the extra serve")

PYTRITON = os.environ.get("DIGITNET_PYTRITON")
pytestmark = pytest.mark.skipif(
    PYTRITON is None,
    reason="needs the unpacked wheel nvidia-pytriton, named by DIGITNET_PYTRITON: scripts/test-exports",
)


def free_ports() -> tuple[int, int]:
    with closing(server.open_socket(HOST, 0)) as first, closing(server.open_socket(HOST, 0)) as second:
        return first.getsockname()[1], second.getsockname()[1]


def backends(folder: Path, triton: Path) -> Path:
    """Triton's backend for Python, and one of the name `onnxruntime` that is written in it."""
    version = platform.python_version().rpartition(".")[0]
    shutil.copytree(triton / "backends" / "python", folder / "python")
    stub = folder / "python" / "triton_python_backend_stub"
    shutil.copy(triton / "python_backend_stubs" / version / stub.name, stub)
    stub.chmod(0o755)
    (folder / "onnxruntime").mkdir()
    shutil.copy(Path(__file__).with_name("triton_backend.py"), folder / "onnxruntime" / "model.py")
    return folder


@contextmanager
def triton_server(repository: Path, folder: Path) -> Iterator[str]:
    """The address of the model, as soon as the server is ready."""
    wheel = Path(str(PYTRITON))
    triton = wheel / "pytriton" / "tritonserver"
    program = triton / "bin" / "tritonserver"
    program.chmod(0o755)
    http, grpc = free_ports()
    libraries = [wheel / "nvidia_pytriton.libs", sysconfig.get_config_var("LIBDIR")]
    packages = Path(onnxruntime.__file__).parents[1]
    log = (folder / "log").open("w")
    process = subprocess.Popen(
        [
            program,
            f"--model-repository={repository}",
            f"--backend-directory={backends(folder / 'backends', triton)}",
            *(f"--http-address={HOST}", f"--http-port={http}", f"--grpc-address={HOST}", f"--grpc-port={grpc}"),
            "--allow-metrics=false",
        ],
        env={
            **os.environ,
            "LD_LIBRARY_PATH": os.pathsep.join(map(str, libraries)),
            "DIGITNET_TRITON_PACKAGES": str(packages),
        },
        stdout=log,
        stderr=log,
    )

    def ready() -> bool:
        assert process.poll() is None, (folder / "log").read_text()
        try:
            return bool(httpx.get(f"http://{HOST}:{http}/v2/health/ready").is_success)
        except httpx.TransportError:
            return False

    try:
        wait_until(ready)
        yield f"http://{HOST}:{http}/v2/models/digitnet"
    finally:
        process.terminate()
        process.wait()
        log.close()


def ask(address: str, images: Images) -> dict[str, AnyArray]:
    """All outputs, by the protocol's own form for binary data."""
    size = {"binary_data_size": images.nbytes}
    given = {"name": "images", "shape": images.shape, "datatype": "UINT8", "parameters": size}
    head = json.dumps({"inputs": [given], "parameters": {"binary_data_output": True}}).encode()
    headers = {"Inference-Header-Content-Length": str(len(head))}
    response = httpx.post(f"{address}/infer", content=head + images.tobytes(), headers=headers, timeout=PATIENCE)
    response.raise_for_status()
    length = int(response.headers["Inference-Header-Content-Length"])
    outputs, data, found = json.loads(response.content[:length])["outputs"], response.content[length:], {}
    for output in outputs:
        count = output["parameters"]["binary_data_size"]
        found[output["name"]] = np.frombuffer(data[:count], "<f4").reshape(output["shape"])
        data = data[count:]
    return found


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="the wheel is for Linux on x86-64"
)
def test_triton_serves_the_folder_and_answers_as_the_model_file_does(tmp_path: Path) -> None:
    export_model("triton", tmp_path / "models")
    session, _ = open_model(bundled_model_path("int8"))
    names = ["probabilities", "logits", "second_logits", "digit_score"]
    images = comparison_images()
    with triton_server(tmp_path / "models", tmp_path) as address:
        answers = [ask(address, images[start : start + 500]) for start in range(0, len(images), 500)]
        with pytest.raises(httpx.HTTPStatusError, match="400 Bad Request"):
            ask(address, images[:, :27])
    for name, expected in zip(names, session.run(names, {"images": images}), strict=True):
        found = np.concatenate([answer[name] for answer in answers])
        assert np.array_equal(found.reshape(expected.shape), expected)
        assert found.shape == (len(images), 1 if name == "digit_score" else 10)
