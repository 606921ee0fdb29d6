"""`punchcard serve --workers`: all figures, whichever process is asked, and a replaced one too."""

import os
import signal
from pathlib import Path

import httpx
import pytest

from punchcard.kit.settings import Settings
from tests.support.open_shop import open_shop
from tests.support.prometheus import Told, told_by
from tests.support.server_process import caller, environment_for, serving
from tests.support.waiting import wait_until
from tests.support.warm_interpreter import start
from tools.free_ports import free_port

STAMPS = 5


def ups(told: Told) -> dict[str, float | None]:
    found = told.labels("punchcard_process_up", "process")
    return {process: told.value("punchcard_process_up", process=process) for process in found}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_any_process_tells_the_figures_of_all(
    database_url: str, settings: Settings, tmp_path: Path
) -> None:
    shop = open_shop(settings)
    with serving(environment_for(database_url, tmp_path), tmp_path, "--workers", "2") as server:

        def look() -> Told:
            with caller(server.address) as client:
                return told_by(client)

        wait_until(lambda: ups(look()) == {"0": 1.0, "1": 1.0})
        for _ in range(STAMPS):
            # Each over a connection of its own, for whichever process takes it.
            with caller(server.address) as till:
                shop.stamp(till)
        for _ in range(4):
            told = look()
            assert told.value("punchcard_till_accepted_total") == STAMPS
            assert told.labels("punchcard_till_accepted_total", "process") == {"0", "1"}
        before = told.value("punchcard_till_accepted_total", process="0")
        other = told.value("punchcard_till_accepted_total", process="1")
        os.kill(pid_of(told, "1"), signal.SIGKILL)

        def is_replaced() -> bool:
            try:
                now = look()
            except httpx.TransportError:
                return False
            return ups(now) == {"0": 1.0, "1": 1.0} and pid_of(now, "1") != pid_of(told, "1")

        wait_until(is_replaced)
        after = look()
    assert after.value("punchcard_till_accepted_total", process="0") == before
    assert after.value("punchcard_till_accepted_total", process="1") == 0
    assert before is not None
    assert other is not None
    assert before + other == STAMPS


def pid_of(told: Told, process: str) -> int:
    number = told.value("punchcard_process_id", process=process)
    assert number is not None
    return int(number)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("token", ["", "right"])
def test_a_worker_apart_tells_its_own_at_a_port_of_its_machine(
    database_url: str, tmp_path: Path, token: str
) -> None:
    environment = {**environment_for(database_url, tmp_path), "PUNCHCARD_METRICS_TOKEN": token}
    port = free_port()
    with (tmp_path / "worker.log").open("wb") as said:
        words = ["worker", "--metrics-port", str(port)]
        worker = start(words, environment, out=said, err=said)
    try:
        with caller(f"http://127.0.0.1:{port}") as client:
            wait_until(lambda: is_answered(client))
            if token:
                assert client.get("/metrics").status_code == 401
                client.headers["Authorization"] = f"Bearer {token}"
            assert client.get("/healthz").status_code == 404
            wait_until(lambda: "mail.send" in told_by(client).labels(AGE, "lane"))
            told = told_by(client)
            assert told.value("punchcard_database_answers") == 1
            assert told.labels("punchcard_process_up", "process") == {"0"}
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
    finally:
        worker.kill()
        worker.wait()


AGE = "punchcard_worker_age_seconds"


def is_answered(client: httpx.Client) -> bool:
    try:
        client.get("/metrics")
    except httpx.TransportError:
        return False
    return True
