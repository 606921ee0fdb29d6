"""House rules that no linter knows, checked over the whole source."""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

import punchcard

SOURCE = Path(punchcard.__file__).parent


def _reads_the_environment(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="os"), attr="environ" | "environb" | "getenv"):
            return True
        case ast.ImportFrom(module="os", names=names):
            return any(name.name in ("environ", "environb", "getenv") for name in names)
    return False


def _names_a_dialect(node: ast.AST) -> bool:
    match node:
        case ast.ImportFrom(module=str(module), names=names):
            imported = [f"{module}.{name.name}" for name in names]
        case ast.Import(names=names):
            imported = [name.name for name in names]
        case _:
            return False
    return any(f"{name}.".startswith("sqlalchemy.dialects.") for name in imported)


_AFTER_A_COMMIT = {"subscribe", "publish", "notify"}
"""What only the wiring may do: services announce, and whoever must hear of it has subscribed."""


def _does_by_hand_what_follows_a_commit(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(
            value=ast.Attribute(attr="credentials" | "staff_tokens"), attr="invalidate"
        ):
            return True
        case ast.Attribute(attr=name):
            return name in _AFTER_A_COMMIT
    return False


def test_no_face_does_by_hand_what_follows_a_commit() -> None:
    places = set(_where(_does_by_hand_what_follows_a_commit))
    assert {place for place in places if place.startswith(("api/", "web/"))} == set()
    assert "context.py" in places, "the rule found nothing where the wiring is"


@pytest.mark.parametrize(
    ("does", "allowed_in"),
    [
        pytest.param(_reads_the_environment, "kit/settings.py", id="reads the environment"),
        pytest.param(_names_a_dialect, "db/", id="names a database dialect"),
    ],
)
def test_what_one_place_does_no_other_does(
    does: Callable[[ast.AST], bool], allowed_in: str
) -> None:
    places = set(_where(does))
    assert {place for place in places if not place.startswith(allowed_in)} == set()
    assert places, "the rule found nothing at all: it no longer sees what it should"


def _where(does: Callable[[ast.AST], bool]) -> Iterator[str]:
    for place, nodes in _parsed().items():
        if any(does(node) for node in nodes):
            yield place


@cache
def _parsed() -> dict[str, list[ast.AST]]:
    """Return the nodes of every file, parsed once for all rules."""
    return {
        path.relative_to(SOURCE).as_posix(): list(ast.walk(ast.parse(path.read_bytes())))
        for path in SOURCE.rglob("*.py")
    }
