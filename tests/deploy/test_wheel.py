"""The wheel holds all that a server needs and nothing else, and runs without the sources."""

import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.support.demo_server import plain_environment, running_demo
from tests.support.server_process import caller
from tools.wheel import build_wheel, tracked

# What only the makers of Punchcard read.
_FOR_MAKERS = ("punchcard/wallets/symbols/vendor.toml", "punchcard/web/types/")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it once."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install it where the sources are not: only what it depends on is borrowed from here."""
    place = tmp_path_factory.mktemp("clean") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(place), "install", "--quiet"]
    options = ["--no-index", "--no-deps", "--disable-pip-version-check"]
    subprocess.run([*pip, *options, str(wheel)], check=True)
    [packages] = place.glob("lib/python*/site-packages")
    # A folder that a .pth file adds has its own .pth files unread: ours leads to the sources.
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return place / "bin" / "punchcard"


def test_all_that_is_tracked_is_in_it_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        names = {name for name in opened.namelist() if ".dist-info/" not in name}
    ours = {name.removeprefix("src/") for name in tracked("src")}
    assert names == {name for name in ours if not name.startswith(_FOR_MAKERS)}
    for needed in ("locale/fr.po", "py.typed", "web/templates/", "web/static/", "versions/"):
        assert any(needed in name for name in names), needed


def test_it_runs_without_the_sources(program: Path, tmp_path: Path) -> None:
    where = "import punchcard; print(punchcard.__file__)"
    found = subprocess.run(
        [program.with_name("python"), "-c", where], capture_output=True, text=True, check=True
    )
    assert found.stdout.startswith(str(program.parent.parent))
    said = subprocess.run(
        [program, "--help"], env=plain_environment(), capture_output=True, text=True, check=True
    )
    assert "restore" in said.stdout


def test_the_demonstration_starts_from_it(program: Path) -> None:
    home = program.parents[2]
    with (
        running_demo(home, "--days", "2") as demo,
        caller(f"http://127.0.0.1:{demo.port}") as client,
    ):
        page = client.get("/join/cafe-alice", headers={"Accept-Language": "de"})
        assert page.status_code == 200
        assert 'lang="de"' in page.text
        [style, *_] = re.findall(r'href="([^"]+[.]css[^"]*)"', page.text)
        assert client.get(style).status_code == 200
        demo.stop()
    assert demo.process.returncode == 0
