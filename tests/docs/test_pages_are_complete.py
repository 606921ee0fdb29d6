"""docs/api.md names every code, docs/operations.md every setting and the code's own defaults."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

import punchcard
from punchcard.accounts.vocabulary import SecurityEvent
from punchcard.http_statuses import STATUS_BY_KIND
from punchcard.kit.environment.reading import SECRETS
from punchcard.kit.errors import DomainError
from punchcard.kit.settings import Settings

DOCS = Path(__file__).parent.parent.parent / "docs"
FROM_THE_FRAMEWORK = {(405, "method_not_allowed"), (500, "internal_error")}


def refusals(of: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for refusal in of.__subclasses__():
        yield refusal
        yield from refusals(refusal)


def is_of_the_api(refusal: type[DomainError]) -> bool:
    """Return whether a program can meet it: what only pages refuse is told in words."""
    module = refusal.__module__
    return module.startswith("punchcard.") and not module.startswith("punchcard.web.")


def rows(page: str, heading: str) -> Iterator[list[str]]:
    """Give the cells of the table that follows a heading."""
    text = (DOCS / page).read_text(encoding="utf-8").split(f"\n## {heading}\n")[1]
    for line in text.split("\n## ")[0].splitlines():
        if line.startswith("| ") and not line.startswith("|---"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def test_every_code_is_told_with_its_status() -> None:
    for module in pkgutil.walk_packages(punchcard.__path__, "punchcard."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)
    ours = [one for one in refusals() if is_of_the_api(one)]
    known = {(STATUS_BY_KIND[one.kind], one.code) for one in ours} | FROM_THE_FRAMEWORK
    told = {
        (int(cells[0]), code)
        for cells in rows("api.md", "Errors")
        if cells[0].isdigit()
        for code in re.findall(r"`([a-z_]+)`", cells[1])
    }
    assert told == known


def test_every_setting_is_told_with_its_default() -> None:
    told = {}
    for name, default, meaning in rows("operations.md", "Settings"):
        if match := re.match(r"`([A-Z_0-9]+)`( \*)?", name):
            assert meaning
            told[match[1].lower()] = (default.strip("`"), match[2] is not None)
    assert set(told) == {field.name for field in fields(Settings)}
    for field in fields(Settings):
        default, is_secret = told[field.name]
        assert is_secret == (field.name in SECRETS), field.name
        if isinstance(field.default, int | float):
            assert default == str(field.default), field.name
        assert field.default is not MISSING


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    named = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert [path for path in named if not (page.parent / path).exists()] == []


def test_every_security_event_is_told_with_its_sentence() -> None:
    told = {cells[0].strip("`"): cells[1] for cells in rows("operations.md", "Security events")}
    assert told.pop("Event") == "What happened"
    assert told == {str(event): event.sentence for event in SecurityEvent}
