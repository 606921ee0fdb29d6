"""Threads of a process that serves share a few heaps, where the C library is glibc."""

import subprocess
import sys

# Forty threads that each take and free much at once, as many as a server has for requests; then the
# library itself says how many heaps it has.
_THREADS = """
import ctypes, tempfile, threading
from punchcard.kit.environment.allocator import keep_memory_small

keep_memory_small()
libc = ctypes.CDLL(None)
start = threading.Barrier(40)

def work():
    start.wait()
    for _ in range(50):
        [bytes(20_000) for _ in range(50)]

threads = [threading.Thread(target=work) for _ in range(40)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc.fopen.restype = ctypes.c_void_p
with tempfile.NamedTemporaryFile() as file:
    said = ctypes.c_void_p(libc.fopen(file.name.encode(), b"w"))
    libc.malloc_info(0, said)
    libc.fclose(said)
    print(file.read().count(b"<heap "))
"""


def test_forty_threads_share_two_heaps() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _THREADS], check=True, capture_output=True, text=True
    )
    assert int(done.stdout) <= 2
