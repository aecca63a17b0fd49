"""Workers that only wait: many of them in one process, `python -m benchmarks.scale.light_workers ADDRESS N`.

They are Dask's own workers, with a connection and a thread each, so that a scheduler has with them what it has with
real ones. The process says a line when all of them are there, and ends with its input.
"""

import asyncio
import logging
import sys
import time

from digitnet.scale.parts import Part
from digitnet.scale.work import DonePart

__all__ = ["wait"]


def wait(seconds: float, part: Part) -> DonePart:
    """Do a part by letting time pass."""
    time.sleep(seconds)
    return DonePart(part.name, len(part.items), 0, seconds)


async def _run(address: str, n: int) -> None:
    import dask  # noqa: PLC0415 - comes with an extra
    from distributed import Worker  # noqa: PLC0415

    # What each worker measures of itself all the time is nothing on a machine of its own, and much for one of 256.
    own = {"distributed.worker.profile.enabled": False, "distributed.admin.system-monitor.interval": "60s"}
    dask.config.set(own)
    workers = [
        Worker(address, nthreads=1, host="127.0.0.1", dashboard=False, memory_limit=0, silence_logs=logging.CRITICAL)
        for _ in range(n)
    ]
    await asyncio.gather(*workers)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await asyncio.gather(*(worker.close() for worker in workers), return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1], int(sys.argv[2])))
