"""Runs a command on a terminal of its own and types keys, each after what it waits for; prints what was shown, as JSON.

Arguments: JSON of {"command": [..], "keys": [[pattern, keys], ..]}.
"""
import fcntl
import json
import os
import pty
import re
import select
import struct
import sys
import termios
import time

PATIENCE = 60  # seconds

task = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(task["command"][0], task["command"])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
shown = b""


def read(seconds):
    """Whether there may be more."""
    global shown
    if not select.select([terminal], [], [], seconds)[0]:
        return True
    try:
        data = os.read(terminal, 65536)
    except OSError:  # the other end is closed
        return False
    shown += data
    return data != b""


missed, seen = None, 0
for pattern, keys in task["keys"]:
    deadline = time.monotonic() + PATIENCE
    while (found := re.compile(pattern.encode()).search(shown, seen)) is None:
        if time.monotonic() > deadline or not read(0.1):
            missed = pattern
            break
    if missed is not None:
        os.kill(pid, 9)
        break
    seen = found.end()
    os.write(terminal, keys.encode())
deadline = time.monotonic() + PATIENCE
while time.monotonic() < deadline and read(0.1):
    pass
_, status = os.waitpid(pid, 0)
code = os.waitstatus_to_exitcode(status)
print(json.dumps({"code": code, "missed": missed, "shown": shown.decode(errors="replace")}))
