"""Run one command and say in JSON how long it took and what memory it needed at most. Arguments: the command.

It is a process of its own because on Linux the peak of a process starts from that of the one that started it: this
one is small. Its own start is not part of the time.
"""

import json
import os
import sys
import time

began = time.perf_counter()
output = os.open(os.environ["LAUNCH_OUTPUT"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
actions = [(os.POSIX_SPAWN_DUP2, output, 1), (os.POSIX_SPAWN_DUP2, output, 2)]
process = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=actions)
_, status, usage = os.wait4(process, 0)
seconds = time.perf_counter() - began
peak = usage.ru_maxrss if sys.platform == "darwin" else 1024 * usage.ru_maxrss
sys.stdout.write(json.dumps({"seconds": seconds, "peak_mb": peak / 1e6, "status": os.waitstatus_to_exitcode(status)}))
