"""Load on the servers of one database, faults one after the other, figures of each second."""

import csv
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg

from tools.faults.breaking import ON_POSTGRESQL, ON_SQLITE, Fault, Shop
from tools.faults.plots import Mark, draw
from tools.faults.servers import Server
from tools.ha import checker
from tools.ha.clients import Clients, open_shop

_EMAIL: Final = "alice@cafe.example"
_PASSWORD: Final = "a password of the soak"  # noqa: S105 - of a shop that lives for minutes
_CLIENTS: Final = 4
_ANSWERS_BETWEEN: Final = 40
_ANSWER_SECONDS: Final = 120
_SERVERS_ON_POSTGRESQL: Final = 2


@dataclass(frozen=True, slots=True)
class Sample:
    """What a server took at a moment, and how many operations had been answered till then."""

    seconds: float
    server: str
    memory_mib: float
    descriptors: int
    answered: int


@dataclass(slots=True)
class Course:
    """What a soak came to."""

    answered: int = 0
    again: int = 0
    faults: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)


def soak(url: str, folder: Path, harms: Callable[[dict[str, Fault]], Iterable[str]]) -> Course:
    """Open a shop in a fresh database, harm its servers as `harms` says, and judge the books.

    `harms` is given what can be done here, and yields names of it, one after the other.
    """
    is_sqlite = url.startswith("sqlite")
    possible = ON_SQLITE if is_sqlite else ON_POSTGRESQL
    number = 1 if is_sqlite else _SERVERS_ON_POSTGRESQL
    servers = [Server(f"{place}", url, folder) for place in range(number)]
    course = Course()
    try:
        token, cards = _open(servers)
        clients = Clients([one.address for one in servers], token, cards, _CLIENTS)
        shop = Shop(servers, clients, token, cards[0], url)
        clients.start()
        try:
            with _watching(course, servers, clients):
                for turn, name in enumerate(harms(possible)):
                    _wait_for_answers(clients)
                    course.marks.append(Mark(_seconds_of(course), name))
                    possible[name](shop, servers[turn % number])
                _wait_for_answers(clients)
        finally:
            clients.stop()
        _check(course, servers[0], clients, url)
    finally:
        for server in servers:
            server.end()
    return course


def keep(course: Course, name: str, folder: Path) -> None:
    """Write the figures to `folder`: a table, and plots of memory and descriptors."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["seconds", "server", "memory_mib", "descriptors", "answered"])
        for one in course.samples:
            rounded = (round(one.seconds, 1), one.server, round(one.memory_mib, 1))
            writer.writerow([*rounded, one.descriptors, one.answered])
    first = [one for one in course.samples if one.server == "0"]
    memory = [(one.seconds, one.memory_mib) for one in first]
    descriptors = [(one.seconds, float(one.descriptors)) for one in first]
    draw(folder / f"{name}-memory.svg", f"{name}: memory in MiB", memory, course.marks)
    title = f"{name}: descriptors"
    draw(folder / f"{name}-descriptors.svg", title, descriptors, course.marks)


def _open(servers: list[Server]) -> tuple[str, list[str]]:
    first = servers[0]
    first.command("migrate")
    shop = ("--name", "Café Alice", "--slug", "cafe-alice", "--email", _EMAIL)
    where = ("--currency", "EUR", "--timezone", "Europe/Luxembourg")
    first.command("vendor", "create", *shop, *where, "--password", _PASSWORD)
    for server in servers:
        server.start()
    return open_shop(first.address, _EMAIL, _PASSWORD)


def _check(course: Course, server: Server, clients: Clients, url: str) -> None:
    for words in (("ledger", "verify"), ("stats", "rebuild", "--check")):
        server.command(*words)
    asked = clients.journal
    course.answered = sum(bool(one.entry) for one in asked)
    course.again = sum(bool(one.entry) and one.attempts > 1 for one in asked)
    unheard = [one.key for one in asked if not one.entry and one.key.startswith("till-")]
    course.faults += [*clients.faults, *(f"{key}: never answered" for key in unheard)]
    with _reading(url) as connection:
        course.faults += checker.faults_of(connection, asked)


@contextmanager
def _reading(url: str) -> Iterator[Any]:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            yield file
    else:
        with psycopg.connect(url) as connection:
            yield connection


@contextmanager
def _watching(course: Course, servers: list[Server], clients: Clients) -> Iterator[None]:
    begun, over = time.monotonic(), threading.Event()

    def watch() -> None:
        while True:
            answered = sum(bool(one.entry) for one in list(clients.journal))
            seconds = time.monotonic() - begun
            for server in servers:
                use = server.use()
                if use.descriptors:
                    course.samples.append(Sample(seconds, server.name, *use, answered))
            if over.wait(1):
                return

    watcher = threading.Thread(target=watch, name="watcher")
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _seconds_of(course: Course) -> float:
    return course.samples[-1].seconds if course.samples else 0.0


def _wait_for_answers(clients: Clients) -> None:
    since = time.monotonic()
    while clients.answered_since(since) < _ANSWERS_BETWEEN:
        if time.monotonic() > since + _ANSWER_SECONDS:
            raise TimeoutError(f"nobody is answered any more: {clients.faults[-3:]}")
        time.sleep(0.05)
