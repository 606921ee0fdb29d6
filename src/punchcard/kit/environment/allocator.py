"""Memory that was freed goes back to the system, where the C library is glibc.

By itself glibc has up to eight heaps a processor, gives each thread one of them, and keeps what was
freed in their middle: a server with forty threads would hold a third more than it uses.
https://www.gnu.org/software/libc/manual/html_node/Memory-Allocation-Tunables.html
"""

import ctypes
import os
import threading
import time
from typing import Final

_HEAPS: Final = 2
_GIVE_BACK_SECONDS: Final = 60.0
# What is at least so large has pages of its own, which go back at once.
_LARGE_BYTES: Final = 1024 * 1024
_LEAST_WORK_SECONDS: Final = 1.0
# The numbers of `mallopt` in <malloc.h>.
_ARENA_MAX: Final = -8
_MMAP_THRESHOLD: Final = -3


def keep_memory_small() -> None:
    """Let threads share a few heaps, and give back what is free once a minute.

    It is for a process that serves, before its threads begin.
    """
    libc = ctypes.CDLL(None) if os.name == "posix" else None
    if libc is None or not hasattr(libc, "malloc_trim"):
        return
    libc.mallopt(_ARENA_MAX, _HEAPS)
    libc.mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)
    threading.Thread(target=_give_back_for_ever, args=(libc,), name="memory", daemon=True).start()


def _give_back_for_ever(libc: ctypes.CDLL) -> None:
    """Give back, each minute in which something was done: at rest nothing has been freed."""
    pause = threading.Event()
    worked = 0.0
    while not pause.wait(_GIVE_BACK_SECONDS):
        if time.process_time() - worked >= _LEAST_WORK_SECONDS:
            libc.malloc_trim(0)
            worked = time.process_time()
