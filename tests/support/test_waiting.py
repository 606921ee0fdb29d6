"""No client of a test gives up after the few seconds that its library thinks of by itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
# Of these nothing comes back, however long one waits.
_SHUT = {"support/test_sockets.py"}


def test_every_client_says_how_long_it_waits() -> None:
    hasty = {
        path.relative_to(TESTS).as_posix(): calls
        for path in TESTS.rglob("*.py")
        if (calls := list(_hasty_in(path)))
    }
    assert {name: calls for name, calls in hasty.items() if name not in _SHUT} == {}
    assert hasty.keys() >= _SHUT, "the rule no longer sees clients"


def _hasty_in(path: Path) -> Iterator[str]:
    """Give the calls of httpx in a file that leave the time to the library."""
    text = path.read_text(encoding="utf-8")
    if "httpx." not in text:
        return
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="httpx"), attr=name), keywords=keywords
            ) if name in {"Client", "get", "post", "put", "delete", "request", "stream"}:
                told = {keyword.arg for keyword in keywords}
                if not told & {"timeout", "transport", None}:
                    yield f"line {node.lineno}: {name}"
