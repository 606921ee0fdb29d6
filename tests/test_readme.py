"""Every command of the README, run in its order by a newcomer with an empty folder."""

import re
import subprocess
from pathlib import Path

from tests.support.demo_server import plain_environment, running_demo

README = Path(__file__).parent.parent / "README.md"
MARK = "--- next block ---"

# What the answers must show, block by block; the first two set things up.
SHOWN = [
    (),
    (r"^[0-9]{12}$",),
    (r'"reward_ready": true', r'"stamps": 10', r'"name": "Léa Muller"'),
    (r'"reward_ready": true', r'"stamps": 10', r'"sequence": 2,'),
    (r'"code": "stamp_too_soon"', r'"next_stamp_at": "20', r"Stempel"),
    (r'"type": "stamps_redeemed"', r'"stamps": 0', r'"sequence": 3,'),
    (r"The ledger is sound",),
]


def test_a_newcomer_gets_from_make_run_to_a_verified_ledger(tmp_path: Path) -> None:
    start, *blocks = re.findall(r"```bash\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    assert start == "make run\n"
    assert len(blocks) == len(SHOWN)
    with running_demo(tmp_path, "--days", "4") as demo:
        script = f"\necho '{MARK}'\n".join(blocks).replace(":8000", f":{demo.port}")
        done = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", script],
            cwd=tmp_path,
            env=plain_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        demo.stop()
    assert done.returncode == 0, done.stderr
    for block, answer, shown in zip(blocks, done.stdout.split(MARK), SHOWN, strict=True):
        for pattern in shown:
            assert re.search(pattern, answer.strip(), re.M), f"{block}\n{answer}\n{done.stderr}"
    assert demo.process.returncode == 0
    assert "kept for the next time" in demo.out


def test_the_files_it_names_are_there() -> None:
    named = re.findall(r"\]\(([^)#:]+)\)", README.read_text(encoding="utf-8"))
    assert [path for path in named if not (README.parent / path).exists()] == []
