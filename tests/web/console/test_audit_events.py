"""The audit trail in words: every action has a label, values are told as people say them."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import punchcard
from punchcard.accounts.audit_service import record_act
from punchcard.accounts.models import AuditEvent
from punchcard.accounts.plans.plan_service import FIELDS as PLAN_FIELDS
from punchcard.accounts.vocabulary import SecurityEvent, SignInWay
from punchcard.accounts.words import ACTIONS, ACTORS, SIGN_IN_WAYS
from punchcard.api.schemas.connections.webhooks import WebhookEndpointChange
from punchcard.api.schemas.fields import Schema
from punchcard.api.schemas.program_rules.automations import AutomationChange
from punchcard.api.schemas.program_rules.promotions import PromotionChange
from punchcard.api.schemas.programs import ProgramChange, RewardChange
from punchcard.context import Context
from punchcard.kit.i18n import LANGUAGES, catalogue
from punchcard.web.pages.audit.audit_labels import HIDDEN, LABELS, ChangeTeller
from punchcard.web.pages.formatting import Wording
from tests.connect import webhook_shop
from tests.engage.engaged import automation
from tests.loyalty import shelf
from tests.support.cast import PASSWORD, Shop, by_operator, make_admin
from tests.support.drivers.pages import PagesDriver
from tests.support.http import Api
from tests.support.pages import Visitor, text_of

SOURCES = Path(punchcard.__file__).parent
RECORDING = {"record", "record_act", "record_row", "_record", "_set_status", "update_program"}
ACTION = re.compile(r"[a-z_]+\.[a-z_]+")


def recorded_actions() -> Iterator[str]:
    """Yield every action that the code hands to the audit trail, read from its source."""
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield from actions_in(node)
            if path.name != "inventory.py":
                yield from named_in(node)


def named_in(node: ast.AST) -> Iterator[str]:
    """Yield the action of a security event that the code names."""
    match node:
        case ast.Attribute(value=ast.Name(id="SecurityEvent"), attr=name):
            yield str(SecurityEvent[name])


def actions_in(node: ast.AST) -> Iterator[str]:
    """Yield the actions in a call that records, and in what is called `action`."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in RECORDING:
            parts: list[ast.AST] = [*node.args, *(one.value for one in node.keywords)]
        case ast.Assign(targets=[ast.Name(id="action")]):
            parts = [node.value]
        case ast.FunctionDef():
            defaults = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            parts = [value for arg, value in defaults if arg.arg == "action" and value]
        case ast.Dict():
            pairs = zip(node.keys, node.values, strict=True)
            parts = [v for k, v in pairs if isinstance(k, ast.Constant) and k.value == "action"]
        case _:
            return
    for part in parts:
        yield from written_in(part)


def written_in(part: ast.AST) -> Iterator[str]:
    """Yield the actions an expression may give; `f"{kind}.reset"` stands for both who sign in."""
    for node in ast.walk(part):
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[-1], ast.Constant):
            ending = str(node.values[-1].value)
            if re.fullmatch(r"\.[a-z_]+", ending):
                yield from (f"{kind}{ending}" for kind in ("admin", "member"))
        elif isinstance(node, ast.Constant) and ACTION.fullmatch(str(node.value)):
            yield str(node.value)


def recorded_names() -> Iterator[str]:
    """Yield every name under which the code hands a value to the audit trail."""
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and "web" not in path.parts:
                yield from names_in(node)


def names_in(function: ast.FunctionDef) -> Iterator[str]:
    """Yield the names in what a function records: handed over at once, or put together before."""
    nodes = list(ast.walk(function))
    handed = [
        keyword.value
        for node in nodes
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", "")) in RECORDING
        for keyword in node.keywords
        if keyword.arg in ("old", "new")
    ]
    variables = {one.id for one in handed if isinstance(one, ast.Name)}
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            handed += [node.value] if node.targets[0].id in variables else []
    for part in (part for value in handed for part in ast.walk(value)):
        if isinstance(part, ast.Dict):
            yield from (str(key.value) for key in part.keys if isinstance(key, ast.Constant))


def test_every_recorded_value_has_a_name_in_words() -> None:
    names = set(recorded_names())
    assert {"reference", "sha256", "since"} <= names
    assert names - HIDDEN <= set(LABELS)
    # Plans record their own columns.
    assert set(PLAN_FIELDS) <= set(LABELS)


def test_every_recorded_action_has_a_label_and_no_label_is_left_over() -> None:
    assert set(recorded_actions()) == set(ACTIONS)


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_every_label_is_translated(language: str) -> None:
    sentences = catalogue(language)
    labels = {*ACTIONS.values(), *ACTORS.values(), *SIGN_IN_WAYS.values()}
    assert labels - sentences.keys() == set()


def test_who_signed_in_is_told_with_by_what(owner: Visitor) -> None:
    assert set(SIGN_IN_WAYS) == set(SignInWay)
    for language, way in (("en", "How Password"), ("de", "Wie Passwort")):
        assert way in text_of(owner.get(f"/console/settings/changes?lang={language}"))


def test_events_are_told_in_words_with_names_and_local_time(
    owner: Visitor, counter: PagesDriver
) -> None:
    card_id = counter.open("Marie Schmit")
    owner.get(f"/console/members/{card_id}")
    owner.post(f"/console/members/{card_id}/block")
    page = owner.get("/console/settings/changes")
    told = text_of(page)
    assert "Card blocked" in told
    assert "Marie Schmit" in told
    assert "Signed in" in told
    assert ACTION.search(re.sub(r"\S+@\S+|\d\S*", "", told)) is None
    assert re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", told) is None
    assert re.search(r"\dT\d\d:\d\d", told) is None

    french = text_of(owner.get("/console/settings/changes?lang=fr"))
    assert "Carte bloquée" in french
    assert "Marie Schmit" in french


def test_a_locked_moment_and_a_place_are_told_as_the_shop_says_them(
    owner: Visitor, alice: Shop
) -> None:
    owner.get("/console/terminals")
    alice.device()
    told = text_of(owner.get("/console/settings/changes?lang=de"))
    assert "Terminal gekoppelt" in told
    assert "Standort" in told
    assert re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", told) is None


def test_every_value_that_is_told_has_a_name_in_words(
    visitors: Callable[..., Visitor], context: Context, alice: Shop
) -> None:
    make_admin(context)
    admin = visitors()
    admin.sign_in("admin@platform.example", PASSWORD)
    page = admin.get("/admin/audit?lang=en").text
    told = re.findall(r"<div>\s*<small>([^<]+)</small>", page)
    assert {"Country", "Time zone", "Name"} <= set(told)
    assert [label for label in told if not label[0].isupper()] == []
    # What something never had does not change by being made.
    assert "Latitude" not in told


def test_the_platform_is_not_told_the_names_of_customers(
    owner: Visitor, counter: PagesDriver, context: Context, visitors: Callable[..., Visitor]
) -> None:
    make_admin(context)
    admin = visitors()
    admin.sign_in("admin@platform.example", PASSWORD)
    card_id = counter.open("Marie Schmit")
    owner.get(f"/console/members/{card_id}")
    owner.post(f"/console/members/{card_id}/block")
    told = text_of(admin.get("/admin/audit"))
    assert "Card blocked" in told
    assert "Marie Schmit" not in told


def test_the_trail_shows_security_events_alone_and_from_where_they_came(
    owner: Visitor, context: Context
) -> None:
    owner.get("/console/locations")
    owner.post("/console/locations", name="Second room")
    owner.get("/console/exports/cards.csv")
    page = owner.get("/console/settings/changes?action=security")
    told = text_of(page)
    assert "List or data taken along" in told
    assert "Members and cards" in told
    assert "203.0.113.7" in told
    assert "Second room" not in told
    assert '<option value="security" selected' in page.text
    assert "Second room" in text_of(owner.get("/console/settings/changes"))


def test_what_growth_changed_is_told_in_words(owner: Visitor, alice: Shop, api: Api) -> None:
    shop = api.with_token(alice.token())
    program = shelf.program(alice, name="Bread", type="points", stamp_reward=None, status="active")
    cake = shelf.reward(alice, program.id, name="A cake")
    here = f"/vendor/loyalty/programs/{program.id}"
    promotion = f"{here}/promotions/{shelf.promotion(alice, program.id).id}"
    birthday = f"{here}/automations/{automation(alice, program.id).id}"
    endpoint = f"/vendor/webhook-endpoints/{webhook_shop.endpoint(alice, description='Till')[1]}"
    market = shop.post("/vendor/locations", {"name": "Market hall"}).json()["id"]
    window = {"weekdays": [2], "from": "16:00", "to": "18:00"}
    tiers = [
        {"key": "guest", "name": "Guest", "threshold": 0},
        {"key": "gold", "name": "Gold", "threshold": 9950, "earn_factor": "1.500"},
    ]
    tiers[1]["grants"] = [cake.id]
    for path, change in (
        (promotion, {"windows": [window], "starts_on": "2026-03-09", "budget": {"points": 900}}),
        (promotion, {"effect": {"kind": "add_points", "points": 5}, "stacking": "add"}),
        (promotion, {"limit": {"per": "day", "times": 2}, "status": "paused"}),
        (birthday, {"trigger": "nth_visit", "when": {"visits": 10, "every": True}}),
        (birthday, {"action": "grant", "reward_id": cake.id, "points": None, "valid_days": 7}),
        (birthday, {"conditions": [{"field": "visits_365d", "op": "gte", "value": 3}]}),
        (here, {"tiers": tiers, "tier_basis": "spend_minor", "tier_window": "calendar_year"}),
        (here, {"referral": {"referrer": {"points": 50}, "friend": {"points": 20}}}),
        (here, {"points_expiry": {"kind": "fixed", "months": 36, "round_to": "month_end"}}),
        (promotion, {"tier_keys": ["gold"]}),
        (birthday, {"trigger": "tier_reached", "when": {"tier": "gold"}}),
        (birthday, {"conditions": [{"field": "tier", "op": "eq", "value": "gold"}]}),
        (birthday, {"conditions": [{"field": "location_id", "op": "eq", "value": market}]}),
        (endpoint, {"types": ["reward.ready"], "status": "disabled"}),
    ):
        assert (answer := shop.patch(path, change)).status_code == 200, answer.text

    page = owner.get("/console/settings/changes")
    labels = re.findall(r"<div>\s*<small>([^<]+)</small>", page.text)
    assert [label for label in labels if not label[0].isupper()] == []
    told = text_of(page)
    assert ACTION.search(re.sub(r"\S+@\S+|\d\S*|\S+://\S+", "", told)) is None
    assert re.search(r"\b[a-z]+_[a-z]+\b", told) is None
    for words in (
        "Tuesdays from 16:00 to 18:00",
        "9 Mar 2026",
        "They have come so many times",
        "Visits in the last year ≥ 3",
        "€99.50: Gold × 1.5 + A cake",
        "Only for these tiers –  →  Gold",
        "Which tier Gold",
        "Tier = Gold",
        "Location = Market hall",
        "Who brings a friend gets: Points 50",
        "A reward is ready",
        "Till",
    ):
        assert words in told
    of_program = text_of(owner.get(f"/console/programs/{program.id}/changes"))
    assert re.search(r"\b[a-z]+_[a-z]+\b", of_program) is None
    for words in ("Tuesdays from 16:00 to 18:00", "Double points", "Visits in the last year ≥ 3"):
        assert words in of_program


def test_nothing_of_another_shop_has_a_name(
    owner: Visitor, alice: Shop, bob: Shop, context: Context, api: Api
) -> None:
    there = api.with_token(bob.token())
    elsewhere = there.post("/vendor/locations", {"name": "Bob's back room"}).json()["id"]
    asked = {"field": "location_id", "op": "eq", "value": elsewhere}
    with context.database.write() as session:
        record_act(
            session,
            by_operator(context),
            "automation.changed",
            of=("automation", context.ids.new_id()),
            vendor_id=alice.id,
            old={"conditions": []},
            new={"conditions": [asked]},
        )
    told = text_of(owner.get("/console/settings/changes"))
    assert "Location = –" in told
    assert "back room" not in told


CHANGES = (AutomationChange, ProgramChange, PromotionChange, RewardChange, WebhookEndpointChange)
PARTED = {"when", "limit", "budget", "effect"}
"""What is told part by part."""


@pytest.mark.parametrize("change", CHANGES)
def test_every_field_that_can_change_has_a_name_in_words(change: type[Schema]) -> None:
    assert set(change.model_fields) - PARTED - {"texts", "segment_id"} <= set(LABELS)


def test_what_a_friend_gets_is_told_with_the_colon_of_the_language() -> None:
    given = {"referral": {"referrer": {"stamps": 2}}}
    event = AuditEvent(action="program.updated", old=None, new=given)
    told = {
        language: [
            change.label
            for change in ChangeTeller(
                wording=Wording(language), currency="EUR", timezone="UTC"
            ).changes(event)
        ]
        for language in ("en", "fr")
    }
    assert told["en"] == ["Who brings a friend gets: Stamps"]
    assert told["fr"] == ["Qui amène un ami reçoit\u00a0: Tampons"]
