"""Sealing anew what a key of before has sealed."""

from punchcard.accounts.access.form_drafts import FormDrafts
from punchcard.cli.rotation.sealed_columns import seal_anew
from punchcard.context import Context
from punchcard.kit.secrets import Keyring


def test_a_draft_outlives_the_key_it_was_sealed_with(context: Context) -> None:
    old, new = "the key of before " * 3, "the key in use now " * 3
    now = context.clock.now()
    with context.database.write() as session:
        drafts = FormDrafts(ring=Keyring(old), ids=context.ids)
        token = drafts.keep(session, "anna", b"typed", now=now)
    assert token is not None

    done = seal_anew(context.database, Keyring(new, [old]), lambda _: None)

    assert (done.renewed, done.lost) == (1, 0)
    with context.database.write() as session:
        drafts = FormDrafts(ring=Keyring(new), ids=context.ids)
        assert drafts.take(session, ["anna"], token, now=now) == b"typed"
