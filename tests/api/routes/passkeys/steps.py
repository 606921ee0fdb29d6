"""What adding a passkey and signing in with one is over the API."""

from typing import Any

from tests.support.authenticator import Authenticator
from tests.support.cast import PASSWORD
from tests.support.http import Api

TOKEN, FACTOR = "/auth/token", "/auth/second-factor"
SHOW, OWN = f"{FACTOR}/passkey", f"{FACTOR}/passkeys"
ALONE = "/auth/passkey"
INVALID = (403, "passkey_invalid")


def add(person: Api, device: Authenticator, name: str = "My phone") -> dict[str, Any]:
    asked = person.post(f"{OWN}/options").json()
    body = {"token": asked["token"], "credential": device.create(asked["options"]), "name": name}
    answer = person.post(OWN, body)
    assert answer.status_code == 201, answer.text
    added: dict[str, Any] = answer.json()
    return added


def challenge(api: Api, email: str) -> str:
    answer = api.post(TOKEN, {"email": email, "password": PASSWORD})
    assert answer.json()["code"] == "second_factor_required"
    token: str = answer.json()["challenge"]
    return token


def ask(api: Api, email: str) -> dict[str, Any]:
    answer = api.post(f"{SHOW}/options", {"challenge": challenge(api, email)})
    assert answer.status_code == 200, answer.text
    asked: dict[str, Any] = answer.json()
    return asked


def show(api: Api, token: str, credential: Any) -> tuple[int, str | None]:
    answer = api.post(SHOW, {"token": token, "credential": credential})
    return answer.status_code, answer.json().get("code")


def sign_in(api: Api, email: str, device: Authenticator) -> tuple[int, str | None]:
    asked = ask(api, email)
    return show(api, asked["token"], device.get(asked["options"]))


def show_alone(api: Api, device: Authenticator) -> Any:
    asked = api.post(f"{ALONE}/options")
    assert asked.status_code == 200, asked.text
    said = {"token": asked.json()["token"], "credential": device.get(asked.json()["options"])}
    return api.post(ALONE, said)
