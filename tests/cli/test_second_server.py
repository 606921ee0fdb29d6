"""An SQLite file is served by one server; commands and PostgreSQL are not kept out."""

from pathlib import Path

import pytest

from tests.support.server_process import command, environment_for, serving
from tools.free_ports import free_port

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ON_SQLITE
def test_a_second_server_on_one_file_is_refused_with_a_sentence(
    database_url: str, tmp_path: Path
) -> None:
    environment = environment_for(database_url, tmp_path)
    other_way = Path(database_url.removeprefix("sqlite:///"))
    (tmp_path / "link.db").symlink_to(other_way)
    with serving(environment, tmp_path) as server:
        for url in (database_url, f"sqlite:///{tmp_path / 'link.db'}"):
            beside = {**environment, "PUNCHCARD_DATABASE_URL": url}
            second = command(beside, "serve", "--port", str(free_port()))
            assert (second.returncode, second.stdout) == (1, "")
            assert second.stderr.count("\n") == 1
            assert f"Another server (process {server.process.pid}) serves" in second.stderr
        assert server.process.poll() is None


@ON_SQLITE
def test_commands_run_beside_the_server(database_url: str, tmp_path: Path) -> None:
    environment = environment_for(database_url, tmp_path)
    with serving(environment, tmp_path):
        for words in (["vendor", "list"], ["backup"], ["ledger", "verify"], ["doctor"]):
            assert command(environment, *words).returncode == 0, words


@ON_SQLITE
def test_a_server_that_was_killed_keeps_nobody_out(database_url: str, tmp_path: Path) -> None:
    environment = environment_for(database_url, tmp_path)
    with serving(environment, tmp_path) as first:
        first.process.kill()
        first.process.wait()
        with serving(environment, tmp_path) as second:
            assert second.process.poll() is None


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_takes_several_servers(database_url: str, tmp_path: Path) -> None:
    environment = environment_for(database_url, tmp_path)
    with serving(environment, tmp_path), serving(environment, tmp_path) as second:
        assert second.process.poll() is None
