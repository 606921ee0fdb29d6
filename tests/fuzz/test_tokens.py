"""Tokens, seals, links and cookies: what was not made here opens nothing, and breaks nothing."""

from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from punchcard.accounts.access.credentials import Credentials
from punchcard.accounts.errors import CredentialsInvalid, LinkInvalid
from punchcard.accounts.links import LinkTokens
from punchcard.accounts.subjects import ACCESS_PREFIX, API_KEY_PREFIX, DEVICE_PREFIX, Subject
from punchcard.accounts.vocabulary import SubjectKind
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import VendorId
from punchcard.kit.secrets import HEAD_BYTES, Keyring, Sealer, Signer
from punchcard.loyalty.errors.staff import StaffTokenInvalid
from punchcard.loyalty.staff.staff_tokens import STAFF_PREFIX, StaffTokens
from tests.conftest import MONDAY_MORNING
from tests.contract.conftest import Stage
from tests.fuzz.effort import effort
from tests.fuzz.made_up import anything, base64_like, nearly, nearly_bytes, ragged

SECRET = "a secret of 32 characters at least"
OTHER = "another secret of 32 characters ..."
FACTS = {"staff": ["0190", "x", 3, "device:1", 1, 2]}
LIFE = timedelta(hours=1)

ring, other_ring = Keyring(SECRET), Keyring(OTHER)
signer = Signer(ring, "fuzz", "st_")
later_signer = Signer(Keyring(OTHER, [SECRET]), "fuzz", "st_")
sealer = Sealer(ring, "fuzz")
later_sealer = Sealer(Keyring(OTHER, [SECRET]), "fuzz")
links = LinkTokens(ring, "fuzz", ManualClock(MONDAY_MORNING))

SIGNED = signer.sign(FACTS)
SEALED = sealer.seal(b"a secret", "card 1")
# As it was written before keys had ids: the same without its head.
SEALED_ONCE = SEALED[HEAD_BYTES:]
LINK = links.issue({"id": "0190"}, expires_at=MONDAY_MORNING + LIFE)

token_like = (
    ragged | base64_like | st.tuples(base64_like, base64_like).map("st_{0[0]}.{0[1]}".format)
)


@effort(400)
@given(token_like | nearly(SIGNED))
@example("st_.")
@example("st_" + "." * 500)
@example(SIGNED + "=")
@example(SIGNED + "\n")
def test_no_token_but_the_one_that_was_signed_is_known(text: str) -> None:
    expected = FACTS if text == SIGNED else None
    assert signer.verify(text) == expected
    assert later_signer.verify(text) == expected


@effort(200)
@given(st.dictionaries(anything, st.integers() | anything | st.booleans(), max_size=5))
def test_what_is_signed_is_read_as_it_was(facts: dict[str, object]) -> None:
    assert signer.verify(signer.sign(facts)) == facts
    assert Signer(other_ring, "fuzz", "st_").verify(signer.sign(facts)) is None
    assert Signer(ring, "another use", "st_").verify(signer.sign(facts)) is None


@effort(400)
@given(st.binary(max_size=120) | nearly_bytes(SEALED), anything)
@example(b"", "card 1")
@example(SEALED[:11], "card 1")
@example(SEALED[:27], "card 1")
@example(SEALED_ONCE, "card 1")
def test_no_seal_but_the_one_that_was_made_opens(sealed: bytes, bound_to: str) -> None:
    is_ours = sealed in (SEALED, SEALED_ONCE)
    expected = b"a secret" if is_ours and bound_to == "card 1" else None
    assert sealer.open(sealed, bound_to) == expected
    assert later_sealer.open(sealed, bound_to) == expected
    assert (sealer.open(sealed, "card 1") is not None) == is_ours


@effort(400)
@given(ragged | base64_like | nearly(LINK))
@example(LINK + "=")
@example(LINK + "!")
@example(LINK[:10] + "\n" + LINK[10:])
@example(LINK.replace("-", "+").replace("_", "/"))
def test_no_link_but_the_one_that_was_sent_opens(token: str) -> None:
    if token == LINK:
        assert links.read(token) == {"id": "0190"}
    else:
        with pytest.raises(LinkInvalid):
            links.read(token)


@pytest.fixture(scope="module")
def credentials(either_stage: Stage) -> Credentials:
    return either_stage.context.accounts.credentials


prefixes = st.sampled_from([ACCESS_PREFIX, API_KEY_PREFIX, DEVICE_PREFIX, "", "pk", STAFF_PREFIX])


@effort(200)
@given(prefix=prefixes, rest=ragged | base64_like)
@example(prefix=ACCESS_PREFIX, rest="\ud800")
def test_no_bearer_that_was_made_up_is_anybody(
    credentials: Credentials, prefix: str, rest: str
) -> None:
    with pytest.raises(CredentialsInvalid):
        credentials.resolve(prefix + rest)


@pytest.fixture(scope="module")
def staff_tokens(either_stage: Stage) -> StaffTokens:
    context = either_stage.context
    return StaffTokens(context.database, context.clock, context.settings)


@effort(200)
@given(token=token_like.map(lambda text: STAFF_PREFIX + text))
def test_no_staff_token_that_was_made_up_is_anybodys(staff_tokens: StaffTokens, token: str) -> None:
    stranger = Subject(kind=SubjectKind.DEVICE, id="1", vendor_id=VendorId("x"))
    for at in (None, MONDAY_MORNING):
        with pytest.raises(StaffTokenInvalid):
            staff_tokens.verify(token, stranger, occurred_at=at)
