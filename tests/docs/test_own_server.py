"""What the README tells whoever sets up a server: run word for word, in folders of the test."""

import re
import subprocess
import sys
from pathlib import Path

import httpx

from tests.support.demo_server import plain_environment
from tests.support.waiting import PATIENCE_SECONDS
from tools.free_ports import free_port

README = Path(__file__).parent.parent.parent / "README.md"
PASSWORD = "coffee and cake for all"


def test_the_commands_for_a_real_server_set_one_up(tmp_path: Path) -> None:
    """All but `make setup`, which built this very environment; the proxy is left to its makers."""
    section = README.read_text(encoding="utf-8").partition("## On a server of your own")[2]
    section = section.partition("\n## ")[0]
    start, backup = re.findall(r"```sh\n(.*?)```", section, re.S)
    install, settings, *commands = start.replace("\\\n", " ").splitlines()
    assert install == "make setup"
    assert commands[-1].startswith(".venv/bin/punchcard serve ")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    port = free_port()

    def here(script: str) -> str:
        script = script.replace("/var/lib", str(tmp_path)).replace("/var/backups", str(tmp_path))
        return script.replace("8000", str(port))

    def shell(*lines: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
        # Of its own session: no terminal is there, so passwords are read from what is typed.
        return subprocess.run(
            ["bash", "-eu", "-c", here("\n".join([settings, *lines]))],
            cwd=tmp_path,
            env=plain_environment(),
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            start_new_session=True,
        )

    for command in commands[:-1]:
        done = shell(command, typed=f"{PASSWORD}\n{PASSWORD}\n")
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    serving = subprocess.Popen(
        ["bash", "-eu", "-c", here(f"{settings}\nexec {commands[-1]}")],
        cwd=tmp_path,
        env=plain_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert serving.stderr is not None
        said = []
        while "Uvicorn running on" not in (line := serving.stderr.readline()):
            said.append(line)
            assert line, "".join(said)
        assert (
            httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=PATIENCE_SECONDS).status_code
            == 200
        )
        done = shell(backup)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "punchcard.db").stat().st_size > 0
    finally:
        serving.kill()
        serving.communicate()
