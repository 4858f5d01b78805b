"""A short-lived child process for parsers that hostile bytes can crash, keep busy for hours or make exhaust memory.

A module that is run here calls `confine` first, then reads bytes from its standard input and writes its answer.
"""

import contextlib
import subprocess
import sys
import threading
from pathlib import Path

SECONDS = 20  # an honest ten-page resume takes a quarter of a second, nearly all of it start-up; 20 scans take three
MEMORY = 1024**3  # bytes of address space, enforced where the system can

_CHILDREN = threading.BoundedSemaphore(2)  # keeps many uploads at once within the memory of a small machine


def run(module: str, *arguments: str, data: bytes) -> bytes:
    """What the module writes, given the bytes. Raises TimeoutError, and ChildProcessError when it fails or crashes."""
    command = [sys.executable, "-m", module, *arguments]
    folder = Path(__file__).parents[1]  # where the child finds this package, installed or not
    try:
        with _CHILDREN:
            child = subprocess.run(command, input=data, stdout=subprocess.PIPE, timeout=SECONDS, cwd=folder)  # noqa: PLW1510, S603 - the code is checked below; the command is ours
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    if child.returncode != 0:
        raise ChildProcessError
    return child.stdout


def confine() -> None:
    """Limit the memory of this process from here on, and leave no core dump of somebody's resume."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - does not exist on Windows

        # macOS refuses the limit on address space; the deadline still holds there.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
