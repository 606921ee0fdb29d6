"""The examples of signed receipts in docs/connections.md: run, and held against its vectors."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from punchcard.connect.claims.receipt_texts import is_signed_with, parse_receipt

PAGE = (Path(__file__).parents[2] / "docs" / "connections.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Receipts\n")[2]
SECRET = re.findall(r"With the secret `(prk_[^`]+)`", SECTION)[0]
VECTORS = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|$", SECTION, re.M)
BASE = "https://cards.example"


def example(language: str) -> str:
    [code] = re.findall(rf"```{language}\n(.*?)```", SECTION, re.S)
    return str(code)


def parts(signed: str) -> tuple[str, str, str, str]:
    key, minor, rest = signed.split(".", 2)
    reference, unix = rest.rsplit(".", 1)
    return key, minor, reference, unix


def test_there_are_vectors() -> None:
    assert len(VECTORS) == 3


@pytest.mark.parametrize(("signed", "mac"), VECTORS)
def test_what_the_page_shows_is_what_the_server_checks(signed: str, mac: str) -> None:
    receipt = parse_receipt(f"{signed}.{mac}")
    assert receipt is not None
    assert receipt.signed == signed
    assert is_signed_with(receipt, SECRET)


@pytest.mark.parametrize(("signed", "mac"), VECTORS)
def test_the_python_example_prints_it(signed: str, mac: str) -> None:
    told: dict[str, Any] = {}
    exec(example("python"), told)  # noqa: S102 our own page
    key, minor, reference, unix = parts(signed)
    printed = told["receipt_url"](BASE, key, SECRET, int(minor), reference, int(unix))
    assert printed == f"{BASE}/r/{signed}.{mac}"


@pytest.mark.parametrize(("signed", "mac"), VECTORS)
def test_the_shell_example_prints_it(signed: str, mac: str) -> None:
    key, minor, reference, unix = parts(signed)
    asked = ["receipt_url", BASE, key, SECRET, minor, reference, unix]
    script = example("sh") + " ".join(f"'{one}'" for one in asked)
    printed = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == f"{BASE}/r/{signed}.{mac}"


@pytest.mark.parametrize(("signed", "mac"), VECTORS)
def test_the_php_example_prints_it(signed: str, mac: str) -> None:
    printed = run_with(
        ["php", "-r"], f"{example('php')} echo receipt_url(...array_slice($argv, 1));", signed
    )
    assert printed == f"{BASE}/r/{signed}.{mac}"


@pytest.mark.parametrize(("signed", "mac"), VECTORS)
def test_the_javascript_example_prints_it(signed: str, mac: str) -> None:
    script = f"{example('js')} process.stdout.write(receiptUrl(...process.argv.slice(1)));"
    assert run_with(["node", "-e"], script, signed) == f"{BASE}/r/{signed}.{mac}"


def run_with(interpreter: list[str], script: str, signed: str) -> str:
    """Run a script with what a receipt is over; returns what it wrote. `make test` finds PHP."""
    key, minor, reference, unix = parts(signed)
    asked = [*interpreter, script, "--", BASE, key, SECRET, minor, reference, unix]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
