"""`punchcard doctor --watch`: what is not well, then what changes, and nothing else."""

import json
import signal
import subprocess
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from punchcard.cli.doctors.findings import Finding
from punchcard.cli.doctors.watching import FindingChange, seconds_of, watch
from punchcard.cli.support import CommandFailed
from tests.support.mail_server import mail_server
from tests.support.server_process import PUNCHCARD, command, environment_for
from tests.support.waiting import wait_until

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OK, FULL = Finding("disk", "ok", "9 GiB free"), Finding("disk", "error", "0 GiB free")
LOW, LOWER = Finding("disk", "warning", "0.9 GiB free"), Finding("disk", "warning", "0.8 GiB free")
MAIL = Finding("mail", "warning", "to the log")


def watched(*looks: Sequence[Finding] | Exception) -> list[list[tuple[str, str, str | None]]]:
    """Return what is told at each look at which anything is: subject, state, state before."""
    told: list[list[tuple[str, str, str | None]]] = []
    left, stopped = list(looks), threading.Event()

    def look() -> Sequence[Finding]:
        now = left.pop(0)
        if not left:
            stopped.set()
        if isinstance(now, Exception):
            raise now
        return now

    def tell(changes: Sequence[FindingChange]) -> None:
        told.append([(one.subject, one.state, one.was) for one in changes])

    watch(look, tell, every_seconds=0, now=lambda: NOON, stopped=stopped)
    return told


def test_at_first_it_tells_what_is_not_well() -> None:
    assert watched([OK, MAIL]) == [[("mail", "warning", None)]]
    assert watched([OK]) == []


def test_then_it_tells_what_changes_and_no_number() -> None:
    assert watched([OK], [OK], [LOW], [LOWER], [FULL], [OK], [OK]) == [
        [("disk", "warning", "ok")],
        [("disk", "error", "warning")],
        [("disk", "ok", "error")],
    ]


def test_what_is_no_longer_spoken_of_is_told_once() -> None:
    assert watched([OK, MAIL], [OK], [OK]) == [
        [("mail", "warning", None)],
        [("mail", "ok", "warning")],
    ]


def test_of_two_findings_about_one_thing_the_worse_counts() -> None:
    assert watched([OK, FULL]) == watched([FULL, OK]) == [[("disk", "error", None)]]


def test_a_look_that_fails_is_told_and_the_next_goes_on() -> None:
    assert watched([OK], RuntimeError("odd"), [OK]) == [
        [("doctor", "error", None)],
        [("doctor", "ok", "error")],
    ]


def test_a_line_says_when_what_and_what_it_was() -> None:
    change = FindingChange(NOON, "disk", "error", "ok", "0 GiB free")
    assert change.line == "2026-03-02T12:00:00Z error disk (was ok): 0 GiB free"


@pytest.mark.parametrize(
    ("every", "seconds"), [("30s", 30), ("5m", 300), ("1h", 3600), ("45", 45), (" 10s ", 10)]
)
def test_how_often_is_written_as_people_do(every: str, seconds: int) -> None:
    assert seconds_of(every) == seconds


@pytest.mark.parametrize("every", ["", "0", "4", "-5m", "5d", "often", "1.5m"])
def test_anything_else_is_refused(every: str) -> None:
    with pytest.raises(CommandFailed, match="--watch"):
        seconds_of(every)


def start(environment: dict[str, str], *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [PUNCHCARD, "doctor", "--watch", "5s", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_goes_on_until_a_signal_and_ends_well(tmp_path: Path) -> None:
    environment = environment_for(f"sqlite:///{tmp_path / 'punchcard.db'}", tmp_path)
    command(environment, "migrate")
    watching = start(environment, "--json")
    assert watching.stdout is not None
    first = json.loads(watching.stdout.readline())
    assert {"at", "subject", "state", "was", "message"} == set(first)
    assert (first["state"], first["was"]) == ("warning", None)
    watching.send_signal(signal.SIGTERM)
    _, complained = watching.communicate(timeout=60)
    assert watching.returncode == 0, complained


def test_changes_are_mailed_to_the_operator(tmp_path: Path) -> None:
    environment = environment_for(f"sqlite:///{tmp_path / 'punchcard.db'}", tmp_path)
    command(environment, "migrate")
    with mail_server(tmp_path) as server:
        certificate = tmp_path / "certificate.pem"
        certificate.write_text(server.certificate)
        environment |= {
            "PUNCHCARD_SMTP_URL": server.url,
            "PUNCHCARD_SMTP_CA_CERTIFICATE_FILE": str(certificate),
            "PUNCHCARD_MAIL_FROM": "server@shop.example",
        }
        watching = start(environment, "--mail", "you@platform.example")
        assert watching.stdout is not None
        line = watching.stdout.readline()
        wait_until(lambda: bool(server.inbox.messages))
        watching.send_signal(signal.SIGINT)
        _, complained = watching.communicate(timeout=60)
    assert watching.returncode == 0, complained
    [message] = server.inbox.messages
    assert message["To"] == "you@platform.example"
    assert message["Subject"].startswith("Punchcard doctor: warning (")
    assert line.strip() in message.get_body(("plain",)).get_content()


def test_a_mail_without_watching_is_refused(tmp_path: Path) -> None:
    environment = environment_for(f"sqlite:///{tmp_path / 'punchcard.db'}", tmp_path)
    refused = command(environment, "doctor", "--mail", "you@platform.example")
    assert refused.returncode == 1
    assert "--watch" in refused.stderr
