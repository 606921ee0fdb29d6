"""What phones complain of: taken in whatever form, bounded, and counted."""

import pytest

from punchcard.context import Context
from punchcard.loyalty.models import LoyaltyProgram
from tests.support.http import Api
from tests.wallets.apple.web_service.phone_and_counter import SERVICE


@pytest.mark.parametrize(
    "body",
    [
        b'{"logs": ["one", 2, "\\u0000two"]}',
        b'{"logs": "text"}',
        b"[]",
        b"not json",
        b"x" * 100_000,
        b'{"logs": [' + b'"a",' * 10_000 + b'"a"]}',
    ],
)
def test_log_takes_anything_and_stays_bounded(
    api: Api, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert api.call("POST", f"{SERVICE}/log", content=body).status_code == 200
    assert len(caplog.records) <= 10
    assert not any("\x00" in record.getMessage() for record in caplog.records)


def test_complaining_phones_take_nothing_from_those_who_enrol(
    api: Api, coffee: LoyaltyProgram, context: Context
) -> None:
    for _ in range(130):
        answer = api.call("POST", f"{SERVICE}/log", content=b'{"logs": ["x"]}')
        assert answer.status_code == 200
    assert context.wallets.apple.complaints == 6
    joined = api.post(f"/loyalty/programs/{coffee.slug}/enroll", json={"accept_terms": True})
    assert joined.status_code == 201


def test_what_phones_complain_of_is_counted(api: Api, context: Context) -> None:
    api.call("POST", f"{SERVICE}/log", content=b'{"logs": ["one", "two"]}')
    assert context.wallets.apple.complaints == 2
