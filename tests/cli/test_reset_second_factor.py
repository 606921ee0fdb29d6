"""An operator helps whoever has lost their second factor and the recovery codes."""

import base64
from contextlib import closing

import pytest

from punchcard.accounts.access.second_factor import DIGITS, PERIOD_SECONDS
from punchcard.context import build_context
from punchcard.kit.secrets import totp
from punchcard.kit.settings import load_settings
from tests.cli.conftest import Punchcard
from tests.support import cast

pytestmark = pytest.mark.usefixtures("migrated")
EMAIL = "admin@platform.example"


def test_an_admin_signs_in_with_the_password_alone_again(punchcard: Punchcard) -> None:
    punchcard("admin", "create", "--email", EMAIL, "--password", cast.PASSWORD)
    with closing(build_context(load_settings())) as context:
        subject = context.accounts.credentials.resolve(cast.sign_in(context, EMAIL))
        factors = context.accounts.second_factors
        begun = factors.begin(subject)
        period = int(context.clock.now().timestamp()) // PERIOD_SECONDS
        code = totp(base64.b32decode(begun.key), period, DIGITS)
        factors.finish(subject, begun.token, code, request_id=None)

    done = punchcard("admin", "reset-second-factor", "--email", EMAIL, "--json")

    assert (done.exit_code, done.json["email"]) == (0, EMAIL)
    with closing(build_context(load_settings())) as context:
        assert cast.sign_in(context, EMAIL).startswith("at_")
    again = punchcard("admin", "reset-second-factor", "--email", EMAIL)
    assert (again.exit_code, again.err.strip()) == (1, "punchcard: There is no second factor.")


def test_an_address_that_nobody_has_is_told(punchcard: Punchcard) -> None:
    punchcard("admin", "create", "--email", EMAIL, "--password", cast.PASSWORD)

    refused = punchcard("admin", "reset-second-factor", "--email", "nobody@nowhere.example")

    assert refused.exit_code == 1
    assert "Nobody signs in with this address." in refused.err
