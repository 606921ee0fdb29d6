"""Every page leads where it says, and the indexes leave no page out."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    path
    for folder in (ROOT, DOCS, DOCS / "decisions", ROOT / ".github", ROOT / "tests" / "journeys")
    for path in folder.glob("*.md")
)


def links(page: Path) -> list[str]:
    """Return where a page leads within the repository."""
    return re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_leads_to_what_is_there(page: Path) -> None:
    assert [link for link in links(page) if not (page.parent / link).exists()] == []


def test_the_index_names_every_page() -> None:
    assert {path.name for path in DOCS.glob("*.md")} - {"README.md"} <= set(
        links(DOCS / "README.md")
    )


def test_the_index_of_decisions_names_each_by_its_title() -> None:
    index = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    decisions = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    assert len(decisions) >= 19
    listed = re.findall(r"^\| (\d{4}) \|", index, re.MULTILINE)
    assert listed == [path.name[:4] for path in decisions]
    for path in decisions:
        title = path.read_text(encoding="utf-8").splitlines()[0].partition(". ")[2]
        assert f"[{title}]({path.name})" in index
