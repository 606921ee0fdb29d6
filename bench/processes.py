"""Processes as the machine sees them: how much processor and memory they take."""

import threading
from types import TracebackType

import psutil  # type: ignore[import-untyped]

SAMPLE_SECONDS = 0.1


def cpu_seconds(pid: int) -> float:
    """Return the processor time a process and its children have used so far.

    Children that have ended are in it: their parent keeps the sum.
    """
    total = 0.0
    for process in _family(pid):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += sum(times[:4])
    return total


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process and its children, in MB of 10**6 bytes."""
    total = 0
    for process in _family(pid):
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / 1e6


def parent_of(pid: int) -> int:
    """Return the process that started `pid`."""
    return int(psutil.Process(pid).ppid())


def _family(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


class MemoryWatch:
    """Looks at the memory of a process ten times a second while the block runs."""

    def __init__(self, pid: int) -> None:
        self.peak_mb = 0.0
        self._pid = pid
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._is_over.wait(SAMPLE_SECONDS):
            self.peak_mb = max(self.peak_mb, resident_mb(self._pid))
