"""Signing in over HTTP, and what one may do with one's own sessions and password."""

from punchcard.context import Context
from tests.support import cast
from tests.support.cast import PASSWORD, Shop
from tests.support.http import Api


def test_sign_in_gives_a_token_that_says_who_one_is(api: Api, alice: Shop) -> None:
    answer = api.post("/auth/token", {"email": alice.email("owner"), "password": PASSWORD})

    assert answer.status_code == 200
    told = answer.json()
    assert told["token_type"] == "bearer"
    assert told["expires_in"] == 12 * 3600
    me = api.with_token(told["access_token"]).get("/auth/me").json()
    assert me == told["subject"]
    assert me["kind"] == "member"
    assert me["vendor_id"] == alice.id
    assert me["role"] == "owner"
    assert "vendor:own" in me["permissions"]


def test_keys_devices_and_admins_are_told_who_they_are(
    api: Api, context: Context, alice: Shop
) -> None:
    key, device = alice.api_key("loyalty:read"), alice.device("Till by the door")
    admin = cast.make_admin(context)

    told = [api.with_token(token).get("/auth/me").json() for token in (key, device, admin)]

    assert [me["kind"] for me in told] == ["api_key", "device", "admin"]
    assert [me["name"] for me in told] == ["Shop software", "Till by the door", "The admin"]
    assert told[1]["location_id"] is not None
    assert told[2]["vendor_id"] is None


def test_unknown_address_and_wrong_password_get_the_same_answer(api: Api, alice: Shop) -> None:
    bodies = []
    for email in (alice.email("owner"), "nobody@nowhere.example"):
        answer = api.post("/auth/token", {"email": email, "password": "wrong password"})
        assert answer.status_code == 401
        bodies.append({**answer.json(), "request_id": ""})

    assert bodies[0] == bodies[1]
    assert bodies[0]["code"] == "credentials_invalid"


def test_repeated_failures_are_answered_with_the_time_to_wait(api: Api, alice: Shop) -> None:
    guess = {"email": alice.email("owner"), "password": "wrong password"}
    for _ in range(5):
        assert api.post("/auth/token", guess).status_code == 401

    answer = api.post("/auth/token", {**guess, "password": PASSWORD})

    assert answer.status_code == 429
    assert answer.json()["code"] == "too_many_requests"
    assert answer.headers["Retry-After"] == "30"


def test_nothing_shown_and_something_wrong_shown_are_told_apart(api: Api) -> None:
    nothing = api.get("/auth/me")
    basic = api.get("/auth/me", headers={"Authorization": "Basic eDp5"})
    wrong = api.with_token("at_wrong").get("/auth/me")

    assert [answer.status_code for answer in (nothing, basic, wrong)] == [401] * 3
    assert nothing.json()["code"] == basic.json()["code"] == "credentials_missing"
    assert wrong.json()["code"] == "credentials_invalid"
    assert nothing.headers["WWW-Authenticate"] == "Bearer"


def test_sign_out_ends_the_session_at_once(owner: Api) -> None:
    assert owner.get("/auth/me").status_code == 200

    assert owner.post("/auth/logout").status_code == 204

    assert owner.get("/auth/me").status_code == 401


def test_a_key_cannot_sign_out(api: Api, alice: Shop) -> None:
    software = api.with_token(alice.api_key("loyalty:read"))

    for answer in (software.post("/auth/logout"), software.get("/auth/sessions")):
        assert answer.status_code == 403
        assert answer.json()["code"] == "not_allowed"


def test_other_sessions_are_listed_and_ended(api: Api, alice: Shop, owner: Api) -> None:
    elsewhere = api.with_token(alice.token())
    sessions = owner.get("/auth/sessions").json()["items"]
    [other] = [session for session in sessions if not session["is_current"]]

    assert owner.delete(f"/auth/sessions/{other['id'].upper()}").status_code == 204

    assert elsewhere.get("/auth/me").status_code == 401
    assert owner.get("/auth/me").status_code == 200
    assert owner.delete(f"/auth/sessions/{other['id']}").status_code == 404


def test_nobody_ends_anothers_session(api: Api, owner: Api, bob: Shop) -> None:
    [session] = owner.get("/auth/sessions").json()["items"]

    assert api.with_token(bob.token()).delete(f"/auth/sessions/{session['id']}").status_code == 404


def test_new_password_replaces_the_old_one(api: Api, alice: Shop, owner: Api) -> None:
    change = {"current_password": PASSWORD, "new_password": "another password"}
    wrong = owner.post("/auth/password", {**change, "current_password": "wrong"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "password_wrong")

    assert owner.post("/auth/password", change).status_code == 204

    email = alice.email("owner")
    old = api.post("/auth/token", {"email": email, "password": PASSWORD})
    new = api.post("/auth/token", {"email": email, "password": "another password"})
    assert (old.status_code, new.status_code) == (401, 200)


def test_refusals_speak_the_callers_language(api: Api) -> None:
    german = api.get("/auth/me", headers={"Accept-Language": "de"}).json()
    english = api.get("/auth/me", headers={"Accept-Language": "en"}).json()

    assert english["detail"] == "Please sign in first."
    assert german["code"] == english["code"]
