"""Locations, terminals, people, keys, settings and one's own account, as an owner sees them."""

import re
from collections.abc import Callable

import pytest

from punchcard.accounts.mail.mail_texts import WORDINGS
from punchcard.web.console.mails import KINDS
from tests.support.cast import PASSWORD, Shop
from tests.support.pages import Visitor, markup_of, text_of

Visitors = Callable[..., Visitor]
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x>',
    "مقهى أليس",
    "☕🥐",
    "{{ 7*7 }}",
    "O'Neill",
]


def id_of(page: str, path: str) -> str:
    """Return the id in the first link or form of a page below `path`."""
    found = re.search(rf'"{path}/([0-9a-f-]{{36}})', page)
    assert found is not None
    return found[1]


def test_a_location_is_opened_changed_and_closed(owner: Visitor) -> None:
    owner.get("/console/locations")
    opened = owner.follow(owner.post("/console/locations", name="The kiosk", address="Place 1"))
    assert "The location is open." in opened.text
    ids = re.findall(r'"/console/locations/([0-9a-f-]{36})"', opened.text)
    kiosk = next(one for one in ids if "The kiosk" in owner.get(f"/console/locations/{one}").text)
    saved = owner.follow(owner.post(f"/console/locations/{kiosk}", name="The stall", address=""))
    assert "The stall" in saved.text
    closed = owner.follow(owner.post(f"/console/locations/{kiosk}/close"))
    assert "The location is closed." in closed.text
    assert "The stall" not in closed.text


def test_a_location_where_a_terminal_stands_stays_open(owner: Visitor, alice: Shop) -> None:
    alice.device()
    page = owner.get("/console/locations")
    answer = owner.post(f"/console/locations/{id_of(page.text, '/console/locations')}/close")
    assert answer.status_code == 409
    assert "Move or remove the devices of this location first." in answer.text


@ON_SQLITE
@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_shown_as_it_was_typed(owner: Visitor, name: str) -> None:
    owner.get("/console/locations")
    page = owner.follow(owner.post("/console/locations", name=name))
    assert name in text_of(page)
    assert "<script>alert" not in page.text
    assert "<img src=x>" not in page.text


def test_a_terminal_is_paired_by_the_code_renamed_and_sent_away(
    owner: Visitor, alice: Shop
) -> None:
    page = owner.get("/console/terminals")
    location = re.search(r'<option value="([0-9a-f-]{36})"', page.text)
    assert location is not None
    shown = owner.post("/console/terminals/pair", location_id=location[1])
    code = re.search(r'id="pairing-code">([0-9A-Z ]+)<', shown.text)
    assert code is not None
    assert "Waiting for the terminal" in shown.text
    given = {"code": code[1].replace(" ", ""), "name": "Till"}
    paired = owner.client.post("/api/v1/devices/pair", json=given)
    device = paired.json()["device"]["id"]
    seen = owner.get("/console/terminals/paired?since=2026-03-02T08:00:00Z")
    assert "Till is paired." in seen.text
    no_moment = owner.get("/console/terminals/paired?since=2026-03-02T08:00:00")
    assert no_moment.status_code == 404

    owner.get(f"/console/terminals/{device}")
    renamed = owner.follow(
        owner.post(f"/console/terminals/{device}", name="The bar", location_id=location[1])
    )
    assert "The bar" in renamed.text
    gone = owner.follow(owner.post(f"/console/terminals/{device}/revoke"))
    assert "The terminal is no longer paired." in gone.text
    assert "The bar" not in gone.text
    bearer = {"Authorization": f"Bearer {paired.json()['token']}"}
    refused = owner.client.get("/api/v1/vendor/loyalty/programs", headers=bearer)
    assert refused.status_code == 401


def test_a_person_is_added_given_another_role_and_removed(
    owner: Visitor, visitors: Visitors
) -> None:
    page = owner.get("/console/people")
    assert "Everything except people, API keys and closing the shop." in page.text
    person = {"name": "Zoé", "email": "zoe@alice.example", "role": "staff", "password": PASSWORD}
    added = owner.follow(owner.post("/console/people", **person))
    assert "Zoé is added." in added.text
    zoe = visitors()
    assert zoe.sign_in("zoe@alice.example", PASSWORD).status_code == 303
    assert zoe.get("/console/pins").status_code == 403

    links = re.findall(r'href="/console/people/([0-9a-f-]{36})"', added.text)
    zoe_id = next(one for one in links if "Zoé" in owner.get(f"/console/people/{one}").text)
    owner.post(f"/console/people/{zoe_id}", name="Zoé", role="manager", language="de")
    assert zoe.get("/console/pins").status_code == 200
    removed = owner.follow(owner.post(f"/console/people/{zoe_id}/remove"))
    assert "The person can no longer sign in." in removed.text
    assert zoe.get("/console/pins").status_code == 303


def test_the_last_owner_stays_one(owner: Visitor) -> None:
    page = owner.get("/console/people")
    own = id_of(page.text, "/console/people")
    removed = owner.post(f"/console/people/{own}/remove")
    assert removed.status_code == 409
    owner.get(f"/console/people/{own}")
    changed = owner.post(f"/console/people/{own}", name="Alice", role="staff", language="")
    assert changed.status_code == 422
    assert 'role="alert"' in changed.text
    assert owner.get("/console/people").status_code == 200


def test_an_address_that_somebody_of_the_shop_has_is_told(owner: Visitor, alice: Shop) -> None:
    owner.get("/console/people")
    person = {"name": "B", "email": alice.email("owner"), "role": "staff", "password": PASSWORD}
    answer = owner.post("/console/people", **person)
    assert answer.status_code == 422
    assert PASSWORD not in answer.text
    assert f'value="{alice.email("owner")}"' in answer.text


def test_a_key_is_shown_once_works_and_is_revoked(owner: Visitor) -> None:
    owner.get("/console/api-keys")
    made = owner.post("/console/api-keys", name="Web shop", days="365", scopes=["loyalty:read"])
    assert made.status_code == 201
    shown = re.search(r'id="new-key">(pk_[^<]+)<', made.text)
    assert shown is not None
    bearer = {"Authorization": f"Bearer {shown[1]}"}
    programs = "/api/v1/vendor/loyalty/programs"
    assert owner.client.get(programs, headers=bearer).status_code == 200
    listed = owner.get("/console/api-keys")
    assert shown[1] not in listed.text
    for language, words in (("en", "Read"), ("fr", "Lire"), ("de", "Lesen"), ("lb", "Liesen")):
        page = owner.get(f"/console/api-keys?lang={language}").text
        assert f' (loyalty:read)">{words}</li>' in page
    key_id = id_of(listed.text, "/console/api-keys")
    owner.post(f"/console/api-keys/{key_id}/revoke")
    assert owner.client.get(programs, headers=bearer).status_code == 401
    assert "revoked" in owner.get("/console/api-keys").text


@ON_SQLITE
def test_a_key_that_may_nothing_is_not_made(owner: Visitor) -> None:
    owner.get("/console/api-keys")
    answer = owner.post("/console/api-keys", name="Web shop")
    assert (answer.status_code, "Please choose at least one." in answer.text) == (422, True)


def test_the_shops_settings_are_changed_and_who_did_it_is_kept(owner: Visitor) -> None:
    owner.get("/console/settings")
    habits = {"name": "Chez Alice", "language": "lb", "currency": "CHF", "timezone": "Europe/Rome"}
    saved = owner.follow(owner.post("/console/settings", **habits, keeps_origins="on"))
    assert 'value="Chez Alice"' in saved.text
    assert 'name="keeps_origins" value="on" checked' in markup_of(saved)
    changes = text_of(owner.get("/console/settings/changes"))
    assert "Shop settings changed" in changes
    assert "Chez Alice" in changes
    assert "The owner" in changes


@ON_SQLITE
@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("currency", "EURO", "Must be a currency code such as EUR."),
        ("currency", "XQX", "Must be a currency code such as EUR."),
        ("timezone", "Mars/Base", "Must be a time zone such as Europe/Luxembourg."),
        ("name", "", "Please fill this in."),
        ("language", "xx", "Please choose one of these."),
    ],
)
def test_a_setting_that_cannot_be_is_told_beside_its_field(
    owner: Visitor, field: str, value: str, fault: str
) -> None:
    owner.get("/console/settings")
    habits = {"name": "A", "language": "fr", "currency": "EUR", "timezone": "Europe/Paris"}
    answer = owner.post("/console/settings", **{**habits, field: value})
    assert answer.status_code == 422
    assert f'id="{field}-fault" class="fault">{fault}' in markup_of(answer)


def test_a_shop_is_closed_only_by_typing_its_name(owner: Visitor, visitors: Visitors) -> None:
    owner.get("/console/settings")
    wrong = owner.post("/console/settings/close", confirm="cafe alice")
    assert wrong.status_code == 422
    assert owner.get("/console/account").status_code == 200
    closed = owner.post("/console/settings/close", confirm="Café Alice")
    assert closed.headers["location"] == "/sign-in"
    assert visitors().sign_in("owner@cafe-alice.example", PASSWORD).status_code == 422


@ON_SQLITE
def test_wallets_that_are_not_set_up_are_told_as_off(owner: Visitor) -> None:
    page = text_of(owner.get("/console/wallets"))
    assert page.count("The operator of the server can switch it on.") == 2
    part = owner.get("/console/wallets?part=progress")
    assert part.text.startswith('<div id="progress"')


def test_a_password_is_changed_by_who_knows_the_present_one(
    owner: Visitor, visitors: Visitors, alice: Shop
) -> None:
    elsewhere = visitors(alice)
    owner.get("/console/account")
    new = {"new_password": "quite another one", "again": "quite another one"}
    refused = owner.post("/console/account/password", current="wrong", **new)
    assert refused.status_code == 422
    done = owner.follow(owner.post("/console/account/password", current=PASSWORD, **new))
    assert "Your password is changed." in done.text
    assert elsewhere.get("/console/account").status_code == 303


@ON_SQLITE
def test_nobody_ends_the_session_of_somebody_else(
    owner: Visitor, visitors: Visitors, bob: Shop
) -> None:
    baker = visitors(bob)
    visitors(bob)
    page = baker.get("/console/account")
    session_id = id_of(page.text, "/console/account/sessions")
    owner.get("/console/account")
    answer = owner.post(f"/console/account/sessions/{session_id}/revoke")
    assert answer.status_code == 404
    assert baker.get("/console/account").status_code == 200


def test_where_a_location_is_can_be_typed_with_comma_or_point(owner: Visitor) -> None:
    owner.get("/console/locations")
    told = {"name": "Stall", "address": "", "latitude": "49,6117", "longitude": "6.13"}
    assert owner.post("/console/locations", **told).status_code == 303
    page = owner.get("/console/locations")
    place = re.search(r'href="(/console/locations/[0-9a-f-]{36})">Stall', page.text)
    assert place is not None
    shown = owner.get(place[1])
    assert 'value="49.6117"' in shown.text
    assert "geolocation=(self)" in shown.headers["Permissions-Policy"]
    assert "geolocation=()" in owner.get("/console").headers["Permissions-Policy"]
    for wrong in ({"latitude": "here"}, {"longitude": ""}, {"latitude": "95"}):
        assert owner.post(place[1], **{**told, **wrong}).status_code == 422
    assert 'value="49.6117"' in owner.get(place[1]).text


def test_two_locations_look_different_in_every_list(owner: Visitor, alice: Shop) -> None:
    owner.get("/console/locations")
    owner.post("/console/locations", name="Café Gare", address="")
    for name in ("Café Gare", " cafe  GARE "):
        refused = owner.post("/console/locations", name=name, address="Elsewhere")
        assert refused.status_code == 422
        assert "Another location has this name." in refused.text
    page = owner.get("/console/locations")
    ids = re.findall(r'"/console/locations/([0-9a-f-]{36})"', page.text)
    gare = next(one for one in ids if "Café Gare" in owner.get(f"/console/locations/{one}").text)
    first = next(one for one in ids if one != gare)
    assert owner.post(f"/console/locations/{first}", name="Café gare").status_code == 422
    # One's own name is no other's, and a closed location gives its name back.
    assert owner.post(f"/console/locations/{gare}", name="CAFÉ Gare").status_code == 303
    owner.post(f"/console/locations/{gare}/close")
    assert owner.post("/console/locations", name="Café Gare").status_code == 303


def test_terminals_of_one_name_are_told_apart(owner: Visitor, alice: Shop) -> None:
    for _ in range(3):
        alice.device("Counter")
    page = text_of(owner.get("/console/terminals"))
    assert [page.count(name) for name in ("Counter (2)", "Counter (3)", "Counter (4)")] == [1, 1, 0]


def test_currency_and_time_zone_are_chosen_from_lists_by_their_names(owner: Visitor) -> None:
    english = markup_of(owner.get("/console/settings?lang=en"))
    assert '<option value="EUR" selected> Euro (EUR) </option>' in english
    assert '<option value="Europe/Luxembourg" selected> Luxembourg (Europe) </option>' in english
    assert '<option value="CHF"> Schweizer Franken (CHF) </option>' in markup_of(
        owner.get("/console/settings?lang=de")
    )
    # What was never offered, or no longer is, is not changed behind anybody's back.
    assert '<option value="LUF"' not in english
    kept = owner.post(
        "/console/settings",
        **{"name": "Café Alice", "language": "fr", "currency": "LUF", "timezone": "UTC"},
        country="LU",
    )
    assert kept.status_code == 303
    page = markup_of(owner.get("/console/settings"))
    assert '<option value="LUF" selected> LUF </option>' in page
    assert '<option value="UTC" selected> UTC </option>' in page


def test_what_changed_is_narrowed_to_one_kind(owner: Visitor) -> None:
    owner.get("/console/locations")
    owner.post("/console/locations", name="The kiosk")
    page = text_of(owner.get("/console/settings/changes?action=location.created&lang=en"))
    trail = page[page.index("Before → after") :]
    assert "The kiosk" in trail
    assert "Signed in" not in trail


def test_every_mail_to_a_customer_can_be_read_before() -> None:
    written = {kind for kind in WORDINGS if kind.startswith(("customer_", "contact_"))}
    assert written <= {kind for kind, _ in KINDS}


def test_an_owner_reads_what_mails_say_before_anybody_gets_one(owner: Visitor) -> None:
    english = text_of(owner.get("/console/mails?lang=en"))
    assert "Your card at Café Alice" in english
    assert "Hello Alex" in english
    assert "Your access to Café Alice" in english
    assert "120 points until 9 March 2026" in english
    assert "Confirm your new address for Café Alice" in english
    assert "Put my old contact details back" in english
    assert "Merge your cards at Café Alice?" in english
    assert "{" not in english
    german = text_of(owner.get("/console/mails?lang=de"))
    assert "Your card" not in german
    assert "Café Alice" in german
