"""`punchcard keys rotate` with a shop in business before and after: nothing is lost."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import LargeBinary

import punchcard.context  # noqa: F401 every table is declared by what it imports
from punchcard.cli.rotation.sealed_columns import SEALED_COLUMNS
from punchcard.db.base import Base
from tests.support.server_process import caller, command, environment_for, serving

PASSWORD = "coffee and cake, every day"
API = "/api/v1"
LOYALTY = f"{API}/vendor/loyalty"


def test_every_sealed_column_is_sealed_anew() -> None:
    sealed = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.name.endswith("_sealed") and isinstance(column.type, LargeBinary)
    }
    assert {one.name for one in SEALED_COLUMNS} == sealed


@dataclass
class Installation:
    """A server that can be stopped and started, and how its secrets are changed."""

    environment: dict[str, str]
    folder: Path
    is_embedded: bool
    kept: dict[str, Any] = field(default_factory=dict)

    def run(self, *arguments: str) -> Any:
        """Run a command that has to succeed; returns what it printed for machines."""
        ran = command(self.environment, *arguments)
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    def serve(self, use: Callable[[httpx.Client], None]) -> None:
        """Serve while `use` runs."""
        with serving(self.environment, self.folder) as server, caller(server.address) as client:
            use(client)

    def secret(self, name: str) -> str:
        return (self.folder / name).read_text().strip()

    def rotate(self) -> Any:
        """Do what an operator does, from before to the end; returns what the command says."""
        if not self.is_embedded:
            for name in ("SECRET_KEY", "PIN_PEPPER"):
                old = "OLD_SECRET_KEYS" if name == "SECRET_KEY" else "OLD_PIN_PEPPERS"
                lines = [self.environment[f"PUNCHCARD_{name}"]]
                lines += self.environment.get(f"PUNCHCARD_{old}", "").splitlines()
                self.environment[f"PUNCHCARD_{old}"] = "\n".join(lines)
                self.environment[f"PUNCHCARD_{name}"] = secrets.token_urlsafe(48)
        return self.run("keys", "rotate", "--json")


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Installation:
    environment = environment_for(database_url, tmp_path)
    environment |= {"PUNCHCARD_PIN_BCRYPT_COST": "4", "PUNCHCARD_PASSWORD_BCRYPT_COST": "4"}
    is_embedded = database_url.startswith("sqlite")
    if is_embedded:
        del environment["PUNCHCARD_SECRET_KEY"], environment["PUNCHCARD_PIN_PEPPER"]
    made = Installation(environment, tmp_path, is_embedded)
    words = ["--name", "Alice", "--slug", "alice", "--email", "a@alice.example"]
    words += ["--password", PASSWORD, "--currency", "EUR", "--timezone", "UTC", "--json"]
    if not is_embedded:
        assert command(environment, "migrate").returncode == 0
    made.run("vendor", "create", *words)
    return made


def bearer(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"}


def open_for_business(client: httpx.Client, kept: dict[str, Any]) -> None:
    """Let everything be made that hangs on the keys."""
    wanted = {"email": "a@alice.example", "password": PASSWORD}
    kept["owner"] = bearer(client.post(f"{API}/auth/token", json=wanted).json()["access_token"])
    program = client.post(
        f"{LOYALTY}/programs",
        headers=kept["owner"],
        json={
            "name": "Coffee",
            "slug": "coffee",
            "type": "stamps",
            "pin_policy": "required",
            "cooldown_minutes": 0,
            "branding": {"barcode": "rotating"},
            "stamp_reward": {"name": "A coffee"},
        },
    ).json()
    path = f"{LOYALTY}/programs/{program['id']}/activate"
    assert client.post(path, headers=kept["owner"]).status_code == 200
    for name, pin in (("Ann", "5823"), ("Ben", "7194")):
        wanted = {"name": name, "pin": pin, "staff_id": name.lower()}
        made = client.post(f"{LOYALTY}/pins", headers=kept["owner"], json=wanted)
        assert made.status_code == 201
    shift = client.post(f"{LOYALTY}/pins/verify", headers=kept["owner"], json={"pin": "5823"})
    kept["shift"] = shift.json()["staff_token"]
    kept["enrol"] = {"program_id": program["id"], "customer": {"name": "Anna"}}
    headers = {**kept["owner"], "Idempotency-Key": "enrol-1"}
    card = client.post(f"{LOYALTY}/cards", headers=headers, json=kept["enrol"])
    assert card.status_code == 201, card.text
    kept["card"] = card.json()["id"]
    kept["location"] = {"name": "Second room"}
    headers = {**kept["owner"], "Idempotency-Key": "location-1"}
    made = client.post(f"{API}/vendor/locations", headers=headers, json=kept["location"])
    kept["location_id"] = made.json()["id"]
    opened = client.post(f"{API}/loyalty/programs/coffee/enroll", json={"accept_terms": True})
    kept["token"] = opened.json()["card"]["token"]


def nothing_is_lost(client: httpx.Client, kept: dict[str, Any]) -> None:
    """Use all that was made before."""
    owner = kept["owner"]
    assert client.get(f"{API}/vendor", headers=owner).status_code == 200
    shown = client.get(f"{API}/loyalty/cards/{kept['token']}")
    assert shown.status_code == 200
    assert client.get(f"/c/{kept['token']}").status_code == 200
    stamp = {"card": kept["card"], "staff_token": kept["shift"]}
    stamped = client.post(f"{LOYALTY}/stamp", headers=owner, json=stamp)
    assert stamped.status_code == 201, stamped.text

    headers = {**owner, "Idempotency-Key": "enrol-1"}
    again = client.post(f"{LOYALTY}/cards", headers=headers, json=kept["enrol"])
    assert (again.status_code, again.json()["id"]) == (201, kept["card"])
    assert again.headers["idempotency-replayed"] == "true"
    other = {**kept["enrol"], "customer": {"name": "Bob"}}
    reused = client.post(f"{LOYALTY}/cards", headers=headers, json=other)
    assert reused.json()["code"] == "idempotency_key_reused"
    headers = {**owner, "Idempotency-Key": "location-1"}
    again = client.post(f"{API}/vendor/locations", headers=headers, json=kept["location"])
    assert (again.status_code, again.json()["id"]) == (201, kept["location_id"])

    # A colleague's PIN of before is taken, under whichever pepper it is.
    twin = {"name": "Cat", "pin": "7194", "staff_id": "cat"}
    taken = client.post(f"{LOYALTY}/pins", headers=owner, json=twin)
    assert (taken.status_code, taken.json()["code"]) == (409, "pin_already_used")


def everybody_types_their_pin(client: httpx.Client, kept: dict[str, Any]) -> None:
    for named in ({"pin": "5823"}, {"pin": "7194", "staff_id": "ben"}):
        answer = client.post(f"{LOYALTY}/pins/verify", headers=kept["owner"], json=named)
        assert answer.status_code == 200, answer.text
    wrong = {"pin": "7195", "staff_id": "ben"}
    answer = client.post(f"{LOYALTY}/pins/verify", headers=kept["owner"], json=wrong)
    assert answer.status_code == 403


def test_keys_change_and_old_ones_go_without_a_loss(installation: Installation) -> None:
    kept = installation.kept
    installation.serve(lambda client: open_for_business(client, kept))
    before = installation.run("keys", "status", "--json")
    after = installation.rotate()
    for name in ("secret_key", "pin_pepper"):
        assert after[name]["in_use"] != before[name]["in_use"]
        assert after[name]["old"] == [before[name]["in_use"]]
        assert after[name]["is_finished"]
    assert after["lost"] == 0
    assert "sealed values" not in after["secret_key"]["left"]
    assert after["pin_pepper"]["left"] == {"PINs that nobody has typed since": 2}

    installation.serve(lambda client: nothing_is_lost(client, kept))
    refused = command(installation.environment, "keys", "retire")
    assert (refused.returncode, "still depend" in refused.stderr) == (1, True)
    installation.serve(lambda client: everybody_types_their_pin(client, kept))
    assert installation.run("keys", "status", "--json")["pin_pepper"]["left"] == {}

    if installation.is_embedded:
        installation.run("keys", "retire", "--only", "pin_pepper", "--json")
        installation.run("keys", "retire", "--anyway", "--json")
        assert not (installation.folder / "old_secret_keys").exists()
    else:
        told = command(installation.environment, "keys", "retire", "--only", "pin_pepper")
        assert "PUNCHCARD_OLD_PIN_PEPPERS away" in told.stderr
        for name in ("OLD_SECRET_KEYS", "OLD_PIN_PEPPERS"):
            del installation.environment[f"PUNCHCARD_{name}"]
    status = installation.run("keys", "status", "--json")
    assert [status[name]["old"] for name in ("secret_key", "pin_pepper")] == [[], []]
    installation.serve(lambda client: everybody_types_their_pin(client, kept))

    def links_are_shown(client: httpx.Client) -> None:
        assert client.get(f"{API}/loyalty/cards/{kept['token']}").status_code == 200
        shown = client.get(f"{API}/loyalty/cards/{kept['token']}/qr.svg")
        assert shown.status_code == 200

    installation.serve(links_are_shown)
    assert command(installation.environment, "ledger", "verify").returncode == 0


def test_two_changes_in_a_row_lose_nothing_either(installation: Installation) -> None:
    kept = installation.kept
    installation.serve(lambda client: open_for_business(client, kept))
    first = installation.rotate()["secret_key"]
    second = installation.rotate()["secret_key"]
    assert second["old"] == [first["in_use"], *first["old"]]
    installation.serve(lambda client: nothing_is_lost(client, kept))
    installation.serve(lambda client: everybody_types_their_pin(client, kept))
    assert installation.run("keys", "status", "--json")["pin_pepper"]["left"] == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_new_secrets_are_their_owners_alone_and_a_running_server_is_in_the_way(
    installation: Installation,
) -> None:
    with serving(installation.environment, installation.folder):
        told = command(installation.environment, "keys", "rotate")
        assert (told.returncode, "serves" in told.stderr) == (1, True)
        assert not (installation.folder / "old_secret_keys").exists()
    before = installation.secret("secret_key")
    installation.rotate()
    assert installation.secret("old_secret_keys") == before
    assert installation.secret("secret_key") != before
    for name in ("secret_key", "pin_pepper", "old_secret_keys", "old_pin_peppers"):
        assert (installation.folder / name).stat().st_mode & 0o777 == 0o600
    assert list(installation.folder.glob("*.unfinished")) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_change_is_finished_before_the_next_begins(installation: Installation) -> None:
    kept = installation.kept
    installation.serve(lambda client: open_for_business(client, kept))
    folder, old = installation.folder, installation.secret("secret_key")
    # The machine failed once the new key stood in its file.
    (folder / "old_secret_keys").write_text(f"{old}\n")
    (folder / "secret_key").write_text("a new secret of 32 characters or more\n")
    status = installation.run("keys", "status", "--json")["secret_key"]
    assert (status["is_finished"], status["left"]["sealed values"]) == (False, 3)
    installation.serve(lambda client: nothing_is_lost(client, kept))
    told = command(installation.environment, "doctor", "--json")
    found = {one["subject"]: one for one in json.loads(told.stdout)["findings"]}
    assert "punchcard keys rotate" in found["secrets of the database"]["message"]
    assert command(installation.environment, "keys", "retire").returncode == 1

    finished = installation.run("keys", "rotate", "--json")["secret_key"]
    assert (finished["in_use"], finished["is_finished"]) == (status["in_use"], True)
    assert "sealed values" not in finished["left"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_secrets_that_are_variables_are_not_changed_behind_their_back(
    installation: Installation,
) -> None:
    told = command(installation.environment, "keys", "rotate")
    assert told.returncode == 1
    assert "PUNCHCARD_OLD_SECRET_KEYS" in told.stderr
    assert installation.run("keys", "status", "--json")["secret_key"]["old"] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_weak_secret_of_before_gives_way_to_a_good_one(database_url: str, tmp_path: Path) -> None:
    environment = {**environment_for(database_url, tmp_path), "PUNCHCARD_SECRET_KEY": "short"}
    assert command(environment, "migrate").returncode == 0
    environment |= {
        "PUNCHCARD_SECRET_KEY": "a secret of 32 characters at least",
        "PUNCHCARD_OLD_SECRET_KEYS": "short",
    }
    rotated = command(environment, "keys", "rotate", "--json")
    assert rotated.returncode == 0, rotated.stderr
    assert json.loads(rotated.stdout)["secret_key"]["is_finished"]
    with serving(environment, tmp_path) as server, caller(server.address) as client:
        assert client.get("/readyz").status_code == 200


def test_a_new_secret_is_long_and_another_each_time(installation: Installation) -> None:
    made = {installation.run("keys", "new", "--json")["secret"] for _ in range(2)}
    assert len(made) == 2
    assert all(len(secret) == 64 for secret in made)
