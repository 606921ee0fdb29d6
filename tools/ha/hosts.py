"""Hosts of one's own: network namespaces joined by a bridge, with addresses that lead nowhere else.

Everything is inside namespaces that this run makes and takes away; the machine's own network is
not touched, and only processes that were started here are ended.
"""

import ctypes
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tools.ha.packages import program

NETWORK: Final = "10.77.0"
_NEW_NETWORK: Final = 0x40000000
_STOP_SECONDS: Final = 20


class Host:
    """One machine: its address, its processes, its cable."""

    def __init__(self, lab: str, name: str, number: int) -> None:
        self.name = name
        self.address = f"{NETWORK}.{number}"
        self.namespace = f"{lab}-{name}"
        self.cable = f"{name}-cable"
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(
        self,
        command: Sequence[str],
        *,
        log: Path,
        user: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a program here, in a process group of its own; what it says goes to `log`."""
        inside = [program("nsenter"), f"--net=/run/netns/{self.namespace}"]
        if user is not None:
            inside += [program("setpriv"), f"--reuid={user}", f"--regid={user}", "--init-groups"]
        with log.open("ab") as said:
            process = subprocess.Popen(
                [*inside, *command],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
                env=None if environment is None else dict(environment),
                cwd=log.parent,
            )
        self.processes.append(process)
        return process

    def pids(self) -> list[int]:
        """Return every process of this host, also those that others of them have started."""
        told = subprocess.run(
            [program("ip"), "netns", "pids", self.namespace],
            check=True,
            capture_output=True,
            text=True,
        )
        return [int(line) for line in told.stdout.split()]

    def signal_all(self, number: signal.Signals) -> None:
        """Send a signal to every process of this host."""
        for pid in self.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def cut_off(self) -> None:
        """Pull the cable: nothing comes in or goes out, and nobody is told."""
        _ip("link", "set", self.cable, "down")

    def mend(self) -> None:
        """Put the cable back."""
        _ip("link", "set", self.cable, "up")

    def stop(self) -> None:
        """End every process of this host."""
        self.signal_all(signal.SIGCONT)
        self.signal_all(signal.SIGTERM)
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_SECONDS)
        self.signal_all(signal.SIGKILL)
        for process in self.processes:
            process.wait(_STOP_SECONDS)


@contextmanager
def open_lab(names: Sequence[str]) -> Iterator[dict[str, Host]]:
    """Give hosts by their names, joined to a network in which this process is from now on.

    Needs root. Threads that are started before are not in that network.
    """
    lab = f"punchcard-{os.getpid()}"
    middle = f"{lab}-net"
    hosts = {name: Host(lab, name, number) for number, name in enumerate(names, start=11)}
    home = Path("/proc/self/ns/net").open("rb")  # noqa: SIM115 - kept for the way back
    made: list[str] = []
    try:
        for namespace in (middle, *(host.namespace for host in hosts.values())):
            _ip("netns", "add", namespace)
            made.append(namespace)
        _enter(Path(f"/run/netns/{middle}"))
        _ip("link", "set", "lo", "up")
        _ip("link", "add", "bridge", "type", "bridge")
        _ip("address", "add", f"{NETWORK}.1/24", "dev", "bridge")
        _ip("link", "set", "bridge", "up")
        for host in hosts.values():
            _join(host)
        yield hosts
    finally:
        for host in hosts.values():
            if host.namespace in made:
                host.stop()
        _set_namespace(home.fileno())
        home.close()
        for namespace in reversed(made):
            _ip("netns", "delete", namespace)


def _join(host: Host) -> None:
    """Lay a cable from the bridge to a host."""
    _ip("link", "add", host.cable, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
    _ip("link", "set", host.cable, "master", "bridge")
    _ip("link", "set", host.cable, "up")
    for words in (
        ("address", "add", f"{host.address}/24", "dev", "eth0"),
        ("link", "set", "eth0", "up"),
        ("link", "set", "lo", "up"),
    ):
        _ip("-netns", host.namespace, *words)


def _enter(namespace: Path) -> None:
    with namespace.open("rb") as file:
        _set_namespace(file.fileno())


def _set_namespace(descriptor: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def _ip(*words: str) -> None:
    done = subprocess.run([program("ip"), *words], check=False, capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")
