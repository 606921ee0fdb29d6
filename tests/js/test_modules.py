"""Every `*.test.js` beside this file passes under `node --test`, with the driver's own Node."""

import subprocess
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable

HERE = Path(__file__).parent


@pytest.mark.parametrize("path", sorted(HERE.rglob("*.test.js")), ids=lambda path: path.stem)
def test_the_tests_of_the_module_pass(path: Path) -> None:
    node, _ = compute_driver_executable()
    done = subprocess.run(
        [node, "--test", "--test-timeout=30000", "--test-reporter=spec", str(path)],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\nℹ tests 0\n" not in done.stdout, "no test was found"
    assert "\nℹ skipped 0\n" in done.stdout
