"""PostgreSQL on three hosts, with Patroni and etcd: one primary, one synchronous standby at least.

What an operator would write, with times as short as Debian 12's Patroni allows.
"""

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import psycopg

from tools.ha.hosts import Host
from tools.ha.packages import program
from tools.postgresql import PROGRAMS

TTL_SECONDS: Final = 10
LOOP_SECONDS: Final = 2
DISK_BYTES: Final = 512 * 1024 * 1024
PASSWORD: Final = "only inside"  # noqa: S105 - of a network that leads nowhere
# Who runs PostgreSQL where the tests run as root.
USER: Final = "pgserver"
_DATABASE: Final = "punchcard"
_START_SECONDS: Final = 120
# How long a host may take to follow the new primary after a fault, before somebody sets it up anew.
_BACK_SECONDS: Final = 45


@contextmanager
def open_disks(folder: Path, names: Sequence[str]) -> Iterator[None]:
    """Give each host a disk of its own, in memory: one that can be full."""
    with ExitStack() as stack:
        for name in (*names, *(f"etcd-{name}" for name in names)):
            disk = disk_of(folder, name)
            disk.mkdir()
            _run("mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(disk))
            stack.callback(_run, "umount", str(disk))
            shutil.chown(disk, USER)
        yield


def disk_of(folder: Path, name: str) -> Path:
    """Return where the disk of a host is."""
    return folder / f"disk-{name}"


def _run(name: str, *words: str) -> None:
    subprocess.run([program(name), *words], check=True)


class Cluster:
    """The three hosts; `address` names them all, for `DATABASE_URL`."""

    def __init__(self, hosts: list[Host], folder: Path, *, ttl_seconds: int = TTL_SECONDS) -> None:
        self._ttl_seconds = ttl_seconds
        self._hosts = {host.name: host for host in hosts}
        self._folder = folder
        places = ",".join(f"{host.address}:5432" for host in hosts)
        self._login = f"postgres:{PASSWORD.replace(' ', '%20')}"
        self.address = f"postgresql://{self._login}@{places}/{_DATABASE}"

    def start(self) -> None:
        """Start etcd, then Patroni, and wait for a primary with two standbys."""
        for host in self._hosts.values():
            self._start_etcd(host)
        for host in self._hosts.values():
            self._start_patroni(host)
        self.wait_until_whole()
        with psycopg.connect(self._of(self.primary(), "postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {_DATABASE}".encode())

    def primary(self) -> Host:
        """Return the host whose PostgreSQL is written now, as Patroni says."""
        name = next((one["name"] for one in self._members() if one["role"] == "leader"), None)
        assert name is not None, "there is no primary"
        return self._hosts[name]

    def wait_until_whole(self, seconds: float = _START_SECONDS) -> None:
        """Wait until there are a primary and two standbys that follow it, one synchronously."""
        ends_at = time.monotonic() + seconds
        whole_since = None
        # Patroni tells what it found at its last turn: it must say so for longer than that.
        while whole_since is None or time.monotonic() - whole_since < 2 * LOOP_SECONDS:
            if time.monotonic() > ends_at:
                raise TimeoutError(f"the cluster is not whole: {self._members()}")
            whole_since = (whole_since or time.monotonic()) if self._is_whole() else None
            time.sleep(0.2)

    def read(self) -> "psycopg.Connection[Any]":
        """Return a connection to the primary, to look with."""
        return psycopg.connect(f"{self.address}?target_session_attrs=read-write", autocommit=True)

    def wait_or_set_up_anew(self, host: Host) -> bool:
        """Wait until the cluster is whole; set a host up anew that does not find back by itself.

        Returns whether it found back. Raises TimeoutError.
        """
        try:
            self.wait_until_whole(_BACK_SECONDS)
        except TimeoutError:
            self._kill(host, b"patroni")
            self.kill_postgresql(host)
            shutil.rmtree(self._disk(host) / "data", ignore_errors=True)
            self._start_patroni(host)
            self.wait_until_whole()
            return False
        return True

    def kill_postgresql(self, host: Host) -> None:
        """End every process of the host's PostgreSQL at once, Patroni not."""
        self._kill(host, b"postgres")

    def fill_disk(self, host: Host) -> None:
        """Leave no byte on the host's disk."""
        with (self._disk(host) / "filler").open("wb") as file:
            size = 0
            # Others write meanwhile: what is left is taken in ever smaller pieces.
            for piece in (16 * 1024 * 1024, 256 * 1024, 4096):
                with suppress(OSError):
                    while True:
                        os.posix_fallocate(file.fileno(), size, piece)
                        size += piece

    def empty_disk(self, host: Host) -> None:
        """Take away what filled it."""
        (self._disk(host) / "filler").unlink()

    def log_of(self, host: Host) -> str:
        """Return what Patroni and PostgreSQL of a host have said."""
        return (self._folder / f"{host.name}.log").read_text(errors="replace")

    def _kill(self, host: Host, name: bytes) -> None:
        for pid in host.pids():
            with suppress(OSError):
                if name in Path(f"/proc/{pid}/comm").read_bytes():
                    os.kill(pid, signal.SIGKILL)

    def _members(self) -> list[dict[str, Any]]:
        for host in self._hosts.values():
            address = f"http://{host.address}:8008/cluster"
            with (
                suppress(OSError, urllib.error.URLError, ValueError, TimeoutError),
                urllib.request.urlopen(address, timeout=1) as answer,
            ):
                members: list[dict[str, Any]] = json.load(answer)["members"]
                return members
        return []

    def _is_whole(self) -> bool:
        members = self._members()
        roles = sorted(one["role"] for one in members)
        if roles != ["leader", "replica", "sync_standby"]:
            return False
        query = (
            "SELECT count(*), count(*) FILTER (WHERE sync_state = 'sync') FROM pg_stat_replication"
            " WHERE state = 'streaming' AND application_name = ANY(%s)"
        )
        with (
            suppress(psycopg.Error),
            psycopg.connect(self._of(self.primary(), "postgres"), connect_timeout=2) as connection,
        ):
            return connection.execute(query, (list(self._hosts),)).fetchone() == (2, 1)
        return False

    def _of(self, host: Host, database: str) -> str:
        return f"postgresql://{self._login}@{host.address}:5432/{database}"

    def _disk(self, host: Host) -> Path:
        return disk_of(self._folder, host.name)

    def _home(self, host: Host) -> Path:
        home = self._folder / f"home-{host.name}"
        if not home.exists():
            home.mkdir()
            shutil.chown(home, USER)
        return home

    def _start_etcd(self, host: Host) -> None:
        peers = ",".join(f"{h.name}=http://{h.address}:2380" for h in self._hosts.values())
        own = f"http://{host.address}"
        # On a disk of its own, as etcd asks for, that nothing else of this machine keeps busy.
        data = disk_of(self._folder, f"etcd-{host.name}") / "data"
        words = {
            "name": host.name,
            "data-dir": str(data),
            "listen-client-urls": f"{own}:2379",
            "advertise-client-urls": f"{own}:2379",
            "listen-peer-urls": f"{own}:2380",
            "initial-advertise-peer-urls": f"{own}:2380",
            "initial-cluster": peers,
            "enable-v2": "true",
            "logger": "zap",
            "log-level": "error",
        }
        command = [program("etcd"), *(f"--{name}={value}" for name, value in words.items())]
        host.start(command, log=self._folder / f"etcd-{host.name}.log")

    def _start_patroni(self, host: Host) -> None:
        path = self._folder / f"patroni-{host.name}.json"
        # YAML is JSON and more.
        path.write_text(json.dumps(self._configuration(host)), encoding="utf-8")
        shutil.chown(path, USER)
        host.start(
            [program("patroni"), str(path)],
            log=self._folder / f"{host.name}.log",
            user=USER,
            environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        )

    def _configuration(self, host: Host) -> dict[str, Any]:
        accounts = {
            "superuser": {"username": "postgres", "password": PASSWORD},
            "replication": {"username": "replicator", "password": PASSWORD},
        }
        return {
            "scope": "shop",
            "name": host.name,
            "restapi": {
                "listen": f"{host.address}:8008",
                "connect_address": f"{host.address}:8008",
            },
            # By the second version of its API: of Debian's Patroni the third loses the key of
            # synchronous standbys after a failover ("updated by someone else").
            "etcd": {"hosts": [f"{one.address}:2379" for one in self._hosts.values()]},
            "bootstrap": {
                "dcs": {
                    "ttl": self._ttl_seconds,
                    "loop_wait": LOOP_SECONDS,
                    # As long as Patroni's rule lets it be: loop_wait + 2 * retry_timeout <= ttl.
                    "retry_timeout": (self._ttl_seconds - LOOP_SECONDS) // 2,
                    "synchronous_mode": True,
                    # A primary that crashed is not waited for while a standby is there.
                    "primary_start_timeout": 0,
                    "postgresql": {
                        "use_pg_rewind": True,
                        "parameters": {
                            "max_connections": 60,
                            "shared_buffers": "32MB",
                            "min_wal_size": "4MB",
                            "max_wal_size": "32MB",
                            "wal_keep_size": "32MB",
                            "wal_log_hints": "on",
                        },
                    },
                },
                "initdb": [{"encoding": "UTF8"}, {"locale": "C"}, {"wal-segsize": "1"}],
                "pg_hba": self._doors(),
            },
            "postgresql": {
                "listen": f"{host.address}:5432",
                "connect_address": f"{host.address}:5432",
                "data_dir": str(self._disk(host) / "data"),
                "bin_dir": str(PROGRAMS),
                "pgpass": str(self._home(host) / "pgpass"),
                "authentication": accounts,
                "pg_hba": self._doors(),
                "parameters": {"unix_socket_directories": str(self._disk(host))},
            },
        }

    def _doors(self) -> list[str]:
        return [
            "local all all trust",
            "host all all 10.77.0.0/24 scram-sha-256",
            "host replication replicator 10.77.0.0/24 scram-sha-256",
        ]
