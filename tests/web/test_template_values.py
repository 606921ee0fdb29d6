"""Every page is given each value that its template names, on every path through the template."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from jinja2 import meta, nodes

from punchcard.web.pages.templating import TEMPLATES, environment

SOURCE = TEMPLATES.parent
FOR_EVERY_PAGE = frozenset({"request", "notice", "label", "now", "navigation"})
"""What `PageRequest.render` gives to all."""
OF_FORM_PAGES = frozenset({"form"})


@cache
def needed(template: str, replaced: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return the values a template takes, with those of what it extends and includes.

    Its blocks in `replaced` take nothing: what extends it has its own in their place.
    """
    tree = environment("en").parse((TEMPLATES / template).read_text(encoding="utf-8"))
    blocks = list(tree.find_all(nodes.Block))
    for block in blocks:
        if block.name in replaced:
            block.body = []
    names = meta.find_undeclared_variables(tree)
    replaced |= {block.name for block in blocks if not is_added(block)}
    bases = [(one.template, replaced) for one in tree.find_all(nodes.Extends)]
    parts = [(one.template, frozenset[str]()) for one in tree.find_all(nodes.Include)]
    for part, without in [*bases, *parts]:
        for one in choices(part):
            assert isinstance(one, nodes.Const), f"{template} includes by a variable"
            names |= needed(one.value, without)
    return frozenset(names - optional(tree) - set_by(tree) - set(environment("en").globals))


def choices(part: nodes.Expr) -> list[nodes.Expr | None]:
    """Return what `part` can be: both, for `this if … else that`."""
    return [part.expr1, part.expr2] if isinstance(part, nodes.CondExpr) else [part]


def is_added(block: nodes.Block) -> bool:
    """Return whether a block draws what it stands in for as well."""
    return any(one.name == "super" for one in block.find_all(nodes.Name))


def optional(tree: nodes.Template) -> set[str]:
    """Return the names that a template can do without: `is defined`, `|default`."""
    asked = [test.node for test in tree.find_all(nodes.Test) if test.name == "defined"]
    asked += [one.node for one in tree.find_all(nodes.Filter) if one.name == "default" and one.node]
    return {node.name for node in asked if isinstance(node, nodes.Name)}


def set_by(tree: nodes.Template) -> set[str]:
    """Return the names a template sets or imports, for itself and for what it is made of."""
    names = {name.name for name in tree.find_all(nodes.Name) if name.ctx in {"store", "param"}}
    names |= {one.target for one in tree.find_all(nodes.Import)}
    names |= {one.name for one in tree.find_all(nodes.Macro)}
    taken = [name for one in tree.find_all(nodes.FromImport) for name in one.names]
    return names | {name if isinstance(name, str) else name[1] for name in taken}


def renderings() -> Iterator[tuple[str, str, frozenset[str]]]:
    """Yield where a template is drawn, which, and the values it is given by name."""
    for path in sorted(SOURCE.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            if call.func.attr not in {"render", "form_page"} or not call.args:
                continue
            template = call.args[0].value if isinstance(call.args[0], ast.Constant) else None
            if not isinstance(template, str) or None in {k.arg for k in call.keywords}:
                continue
            given = {k.arg for k in call.keywords if k.arg is not None}
            given |= OF_FORM_PAGES if call.func.attr == "form_page" else set()
            yield place_of(path, call), template, frozenset(given)


def place_of(path: Path, call: ast.Call) -> str:
    return f"{path.relative_to(SOURCE)}:{call.lineno}"


@pytest.mark.parametrize(
    ("template", "given"),
    [pytest.param(template, given, id=place) for place, template, given in renderings()],
)
def test_a_page_gets_all_that_its_template_names(template: str, given: frozenset[str]) -> None:
    assert needed(template) - given - FOR_EVERY_PAGE == set()
