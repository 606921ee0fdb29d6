"""House rules that no linter knows, checked over the whole source."""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path

import pytest

import punchcard
from punchcard.accounts import vocabulary as accounts_words
from punchcard.db import outbox
from punchcard.engage import vocabulary as engage_words
from punchcard.kit import ids
from punchcard.loyalty import vocabulary as loyalty_words
from punchcard.wallets import vocabulary as wallets_words

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
"""What only the wiring may do: services announce, and anyone who must hear of it has subscribed."""


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


def _spells_a_cards_address(node: ast.AST) -> bool:
    """Tell whether `node` is a text with a value behind "/c/"; routes are plain texts."""
    return isinstance(node, ast.JoinedStr) and any(
        isinstance(part, ast.Constant) and str(part.value).endswith("/c/") for part in node.values
    )


def _looks_which_fields_differ(node: ast.AST) -> bool:
    """Return whether `node` is a dict of those values that an object's fields do not have yet."""
    return isinstance(node, ast.DictComp) and any(
        isinstance(one, ast.Compare)
        and isinstance(one.left, ast.Call)
        and isinstance(one.left.func, ast.Name)
        and one.left.func.id == "getattr"
        for part in node.generators
        for one in part.ifs
    )


@pytest.mark.parametrize(
    ("does", "allowed_in"),
    [
        pytest.param(_reads_the_environment, "kit/settings.py", id="reads the environment"),
        pytest.param(_names_a_dialect, "db/", id="names a database dialect"),
        pytest.param(
            _spells_a_cards_address, "loyalty/cards/links.py", id="spells a card's address"
        ),
        pytest.param(
            _looks_which_fields_differ, "accounts/rows.py", id="looks which fields differ"
        ),
    ],
)
def test_what_one_place_does_no_other_does(
    does: Callable[[ast.AST], bool], allowed_in: str
) -> None:
    places = set(_where(does))
    assert {place for place in places if not place.startswith(allowed_in)} == set()
    assert places, "the rule found nothing at all: it no longer sees what it should"


_KINDS_BY_NAME = {kind.__name__ for kind in ids.KINDS}
# The names that stand for one kind of id wherever they are used; `staff_id` is the shop's own text.
_ID_NAMES = {
    "vendor_id",
    "location_id",
    "user_id",
    "admin_id",
    "session_id",
    "api_key_id",
    "device_id",
    "customer_id",
    "program_id",
    "reward_id",
    "promotion_id",
    "automation_id",
    "run_id",
    "card_id",
    "entry_id",
    "transaction_id",
    "pin_id",
    "staff_pin_id",
}


def test_an_id_says_of_what_it_is() -> None:
    untyped, typed = set(), 0
    for place, nodes in _parsed().items():
        # Stand-ins share no code with what they judge; what a migration knew stays as it was.
        if place.startswith(("fakes/", "db/migrations/")):
            continue
        for name, annotation in _annotated(nodes):
            if name in _ID_NAMES or name.removesuffix("s") in _ID_NAMES:
                used = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)}
                typed += bool(used & _KINDS_BY_NAME)
                untyped |= {f"{place}: {name}"} if "str" in used else set()

    assert untyped == set()
    assert typed > 300, "the rule no longer sees ids"


def _annotated(nodes: list[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    """Give the name and type of each parameter and each field."""
    for node in nodes:
        match node:
            case ast.arg(arg=name, annotation=ast.expr() as annotation):
                yield name, annotation
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                yield name, annotation


_VOCABULARIES = (accounts_words, engage_words, loyalty_words, wallets_words, outbox)
_WORDS = {
    word.value
    for module in _VOCABULARIES
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, StrEnum)
    for word in kind
}
_HOLDS_A_WORD = re.compile("(.*_)?(status|type|kind|role|policy|state|verdict)")


def test_no_status_or_type_is_compared_with_a_bare_text() -> None:
    bare, compared = set(), 0
    for place, nodes in _parsed().items():
        if place.startswith(("fakes/", "db/migrations/")):
            continue
        for node in nodes:
            if isinstance(node, ast.Compare) and _HOLDS_A_WORD.fullmatch(_last_name(node.left)):
                compared += 1
                bare |= {f"{place}:{node.lineno}"} if _texts(node) & _WORDS else set()

    assert bare == set()
    assert compared > 100, "the rule no longer sees comparisons"


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
    return ""


def _texts(node: ast.AST) -> set[str]:
    """Return the texts that stand in an expression."""
    constants = (one.value for one in ast.walk(node) if isinstance(one, ast.Constant))
    return {value for value in constants if isinstance(value, str)}


_TEMPLATES = SOURCE / "web/templates"
_COMPARED_IN_A_TEMPLATE = re.compile(
    r"\.(?:status|type|role|pin_policy|state) (?:[!=]=|(?:not )?in) (\S\S)"
)


def test_no_template_compares_a_status_or_type_with_a_bare_text() -> None:
    found = [
        (template.relative_to(_TEMPLATES).as_posix(), first)
        for template in _TEMPLATES.rglob("*.html")
        for first in _COMPARED_IN_A_TEMPLATE.findall(template.read_text("utf-8"))
    ]

    assert {place for place, first in found if first[0] in "'\"" or first == "('"} == set()
    assert len(found) > 20, "the rule no longer sees comparisons"


_SERVICES = ("accounts/", "engage/", "loyalty/", "wallets/")


def test_who_does_it_stands_second_in_every_service() -> None:
    elsewhere, found = [], 0
    for place, nodes in _parsed().items():
        for node in nodes:
            if not place.startswith(_SERVICES) or not isinstance(node, ast.FunctionDef):
                continue
            named = [one.arg for one in node.args.args if one.arg not in ("self", "cls")]
            if "act" in named or "act" in {one.arg for one in node.args.kwonlyargs}:
                found += 1
                elsewhere += [f"{place}: {node.name}"] if named.index("act") != 1 else []

    assert elsewhere == []
    assert found > 50, "the rule no longer sees acts"


MODULES_A_FOLDER = 20


def test_no_folder_of_ours_reads_as_somebody_elses_code() -> None:
    folders = {part for place in _parsed() for part in place.split("/")[:-1]}

    # Tools and forges skip these as third-party code.
    assert folders & {"vendor", "vendored", "third_party", "node_modules"} == set()
    assert "vendor_api" in folders, "the rule no longer sees folders"


def test_a_folder_holds_no_more_modules_than_a_reader_can_keep_in_mind() -> None:
    modules = Counter(
        place.rpartition("/")[0] for place in _parsed() if not place.endswith("__init__.py")
    )
    # A history grows, and nobody looks for a room in it.
    del modules["db/migrations/versions"]

    assert {name: count for name, count in modules.items() if count > MODULES_A_FOLDER} == {}
    assert modules["kit"] > 5, "the rule no longer counts"


def test_every_package_says_what_it_is_for() -> None:
    silent = [
        place
        for place, nodes in _parsed().items()
        if place.endswith("__init__.py")
        and not any(isinstance(node, ast.Module) and ast.get_docstring(node) for node in nodes)
    ]

    assert silent == []


def test_no_two_public_classes_bear_one_name() -> None:
    places: dict[str, list[str]] = {}
    classes: set[str] = set()
    for place, nodes in _parsed().items():
        for name, is_class in _public_types(nodes):
            places.setdefault(name, []).append(place)
            classes |= {name} if is_class else set()

    twins = {name: places[name] for name in classes if len(places[name]) > 1}
    assert twins == {}
    assert {"AccessRule", "Receipt"} <= classes, "the rule no longer sees classes"


def _public_types(nodes: list[ast.AST]) -> Iterator[tuple[str, bool]]:
    """Give the name of each class of a module, and (False) of each alias of a type."""
    (module,) = (node for node in nodes if isinstance(node, ast.Module))
    for node in module.body:
        match node:
            case ast.ClassDef(name=name) if not name.startswith("_"):
                yield name, True
            case ast.Assign(targets=[ast.Name(id=name)]) if re.fullmatch("[A-Z][a-z]\\w*", name):
                yield name, False


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
