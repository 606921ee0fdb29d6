"""A server whose Apple files are wrong hands out nothing, and says why wherever it is looked at."""

from dataclasses import replace
from typing import Any

import pytest

from punchcard.context import Context
from punchcard.fakes.apple_chain import AppleChain, make_chain
from punchcard.kit.settings import Settings
from punchcard.main import create_app, create_worker
from tests.loyalty import shelf
from tests.support import cast
from tests.support.http import Api
from tests.support.pages import Visitor, text_of
from tests.wallets.apple.certified import with_certificates

_DEVELOPER = make_chain(pass_type=None)
_OTHER = make_chain()

WRONG: dict[str, dict[str, Any]] = {
    "another generation": {"apple_wwdr_certificate": _OTHER.intermediate_pem},
    "another team": {"apple_team_id": "SOMEBODY"},
    "another pass type": {"apple_pass_type_id": "pass.somebody"},
    "another key": {"apple_private_key": _OTHER.key_pem},
    "no certificate": {"apple_certificate": ""},
    "an empty file": {"apple_certificate": " "},
    "a developer's": {
        "apple_certificate": _DEVELOPER.certificate_pem,
        "apple_private_key": _DEVELOPER.key_pem,
        "apple_wwdr_certificate": _DEVELOPER.intermediate_pem,
    },
    "no such push": {"apple_push_type": "shout"},
    "a push Apple refuses": {"apple_push_priority": 10},
}


@pytest.fixture(params=list(WRONG.values()), ids=list(WRONG))
def server_settings(
    settings: Settings, chain: AppleChain, request: pytest.FixtureRequest
) -> Settings:
    """Let an operator get something wrong."""
    right = with_certificates(settings, chain, "https://127.0.0.1:1")
    changes: dict[str, Any] = request.param
    return replace(right, base_url="http://shop.test", **changes)


def test_wrong_files_hand_out_no_pass_and_say_why(
    context: Context, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    alice = cast.open_cafe_alice(context)
    create_worker(context, does_work=False)
    logged = [one.getMessage() for one in caplog.records if "no passes" in one.getMessage()]
    assert len(logged) == 1, "told at the start, once"

    owner = api.with_token(alice.token())
    coffee = shelf.program(alice, status="active")
    card = owner.post("/vendor/loyalty/cards", json={"program_id": coffee.id}).json()
    token = card["public_url"].rsplit("/", 1)[1]
    assert context.wallets.service.links_for(token, "https://shop.example").apple is None
    assert api.get(f"/loyalty/cards/{token}/apple.pkpass").status_code == 404

    with context.database.read() as session:
        fault = context.wallets.service.status(session).faults["apple"]
    assert fault
    assert logged[0].endswith(fault)


def test_the_shops_page_and_the_operators_say_that_it_does_not_work(context: Context) -> None:
    alice = cast.open_cafe_alice(context)
    cast.make_admin(context)
    app = create_app(context)
    fault = context.wallets.service.faults()["apple"]
    with Visitor(app) as owner, Visitor(app) as operator:
        owner.sign_in(alice.email("owner"), cast.PASSWORD)
        operator.sign_in("admin@platform.example", cast.PASSWORD)
        assert "en panne" in text_of(owner.get("/console/wallets"))
        assert fault in text_of(operator.get("/admin/health"))
        assert "not working" in text_of(operator.get("/admin/health"))
