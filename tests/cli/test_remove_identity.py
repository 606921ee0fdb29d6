"""An operator unlinks an account at the identity provider that its person has lost."""

from contextlib import closing

import pytest
from sqlalchemy import select

from punchcard.accounts.access.provider.identity_models import LinkedIdentity
from punchcard.accounts.models import Admin
from punchcard.context import build_context
from punchcard.kit.settings import load_settings
from tests.cli.conftest import Punchcard
from tests.support import cast

pytestmark = pytest.mark.usefixtures("migrated")
EMAIL = "admin@platform.example"


def test_the_account_signs_an_admin_in_no_more_and_the_password_does(punchcard: Punchcard) -> None:
    punchcard("admin", "create", "--email", EMAIL, "--password", cast.PASSWORD)
    with closing(build_context(load_settings())) as context:
        now = context.clock.now()
        with context.database.write() as session:
            admin = session.scalars(select(Admin).where(Admin.email == EMAIL)).one()
            session.add(
                LinkedIdentity(
                    id=context.ids.new_id(),
                    admin_id=admin.id,
                    issuer="https://login.example",
                    subject="acme|1",
                    email=EMAIL,
                    created_at=now,
                    asked_at=now,
                )
            )

    done = punchcard("admin", "remove-identity", "--email", EMAIL, "--json")

    assert (done.exit_code, done.json["email"]) == (0, EMAIL)
    with closing(build_context(load_settings())) as context:
        with context.database.read() as session:
            assert session.scalars(select(LinkedIdentity)).all() == []
        assert cast.sign_in(context, EMAIL).startswith("at_")
    again = punchcard("admin", "remove-identity", "--email", EMAIL)
    assert again.exit_code == 1
    assert "No account of the other sign-in is linked." in again.err


def test_an_address_that_nobody_has_is_told(punchcard: Punchcard) -> None:
    punchcard("admin", "create", "--email", EMAIL, "--password", cast.PASSWORD)

    refused = punchcard("admin", "remove-identity", "--email", "nobody@nowhere.example")

    assert refused.exit_code == 1
    assert "Nobody signs in with this address." in refused.err
