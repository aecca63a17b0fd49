"""The machine that the benchmarks run on, as far as it matters to their results."""

import os
import platform
import re
from pathlib import Path
from typing import Any

_FLAGS = {
    "avx2": "AVX2",
    "avx512f": "AVX-512",
    "avx512_vnni": "AVX-512 VNNI",
    "avx_vnni": "AVX-VNNI",
    "avx512_bf16": "AVX-512 BF16",
    "amx_int8": "AMX int8",
    "asimd": "NEON",
    "asimddp": "NEON dot products",
}


def describe_machine() -> dict[str, Any]:
    """Processor, cores, instruction sets, memory, system, Python; and the load at this moment.

    Returns JSON-ready. `load` is the mean number of running processes over the last minute, None where the system does
    not report it; `memory_gb` is in units of 1,000,000,000 bytes, None likewise.
    """
    cpuinfo = _read("/proc/cpuinfo")
    flags = set(" ".join(re.findall(r"^(?:flags|Features)\s*:(.*)$", cpuinfo, re.MULTILINE)[:1]).split())
    model = re.search(r"^model name\s*:\s*(.*)$", cpuinfo, re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+) kB", _read("/proc/meminfo"), re.MULTILINE)
    try:
        system = f"{platform.freedesktop_os_release()['PRETTY_NAME']}, "
    except (OSError, KeyError):
        system = ""
    return {
        "processor": model[1] if model else platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "instructions": [name for flag, name in _FLAGS.items() if flag in flags],
        "memory_gb": round(int(memory[1]) * 1024 / 1e9, 1) if memory else None,
        "system": f"{system}{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""
