"""What a whole run of the server leaves in its log: no PIN, token, password or address."""

import logging

import pytest

from punchcard.api.http.permissions import ACCESS
from tests.contract.conftest import Stage
from tests.contract.requests import request_of
from tests.contract.world import LOYALTY
from tests.support.cast import PASSWORD
from tests.support.drivers.api import ApiDriver

PIN, WRONG_PIN, WRONG_PASSWORD = "73910264", "60284951", "a wrong but telling password"
CUSTOMER = {"name": "Séraphine", "email": "seraphine@x.example", "phone": "+352621446688"}


def test_no_secret_of_a_whole_run_is_in_the_log(
    either_stage: Stage, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    # The test's own client.
    caplog.set_level(logging.WARNING, "httpx")
    world = either_stage.world
    secrets = [*world.alice.values(), *world.bob.values(), world.admin, PASSWORD]
    secrets += [world.alices[name] for name in ("token", "staff_token", "pairing_code")]

    secrets += _work(ApiDriver(either_stage))
    for route in sorted(ACCESS):
        if not route[1].endswith(("/close", "/logout", "/suspend")):
            request = request_of(route, {**world.alices, "session_id": "x", "passkey_id": "x"})
            token = world.admin if "/admin/" in route[1] else world.alice["owner"]
            either_stage.api.with_token(token).call(**request)

    written = caplog.text + capsys.readouterr().err
    assert written.count("punchcard.access") > len(ACCESS)
    assert [secret for secret in secrets if secret in written] == []


def _work(driver: ApiDriver) -> list[str]:
    """Let everything happen that has to do with secrets; returns those that are new."""
    api, stock = driver.stage.api, driver.stage.world.alices
    owner = driver.as_owner()
    program = driver.program(pin_policy="required", cooldown_minutes=0)
    card = driver.card(program, customer=CUSTOMER)
    taken = {"program_id": program["id"], "customer": CUSTOMER}
    assert driver.api.post(f"{LOYALTY}/cards", taken).status_code == 409
    pin = driver.pin(PIN, name="Log")
    driver.stamp(card, staff_pin=PIN)
    driver.stamp(card, staff_pin=WRONG_PIN, staff_id=pin["id"])
    staff_token = driver.api.post(f"{LOYALTY}/pins/verify", {"pin": PIN}).json()["staff_token"]
    driver.stamp(card, staff_token=staff_token)
    driver.api.post(f"{LOYALTY}/stamp", {"card": card["public_url"], "staff_pin": [PIN]})

    key = owner.post("/vendor/api-keys", {"name": "K", "scopes": ["loyalty:read"]}).json()["key"]
    code = owner.post("/vendor/devices/pairing-codes", {"location_id": stock["location_id"]})
    device = api.post("/devices/pair", {"code": code.json()["code"], "name": "Log"}).json()["token"]
    api.with_token(device).get("/auth/me")
    api.with_token(device + "x").get("/auth/me")
    api.post("/auth/token", {"email": CUSTOMER["email"], "password": WRONG_PASSWORD})

    visit = f"/loyalty/programs/{program['slug']}/enroll"
    visitor = api.post(visit, {"customer": CUSTOMER, "accept_terms": True}).json()["card"]["token"]
    for token in (visitor, card["public_url"].rsplit("/", 1)[-1]):
        for part in ("", "/transactions", "/qr.svg", "/export", "/nothing", "/../x"):
            api.get(f"/loyalty/cards/{token}{part}")
    api.get(f"{LOYALTY}/cards/lookup", params={"code": visitor})
    api.delete(f"/loyalty/cards/{visitor}/customer")
    told = [PIN, WRONG_PIN, WRONG_PASSWORD, *CUSTOMER.values()]
    return [*told, staff_token, key, code.json()["code"], device, visitor, device + "x"]
