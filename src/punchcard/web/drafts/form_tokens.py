"""What forms carry to show that a page of ours held them, made for this visitor.

A token has three parts of fixed length: the first fits one session (or one visitor's cookie), the
second says whose form it is without naming anybody, the third proves that this server wrote the
second. So when a session has ended, it is still known whose form it was, and nobody else can say
that of theirs.
"""

import hmac
from typing import Final

from punchcard.accounts.subjects import Subject
from punchcard.kit.secrets import Digests, Keyring

OWNER_CHARACTERS: Final = 32
_PROOF_CHARACTERS: Final = 32
_PURPOSE: Final = "punchcard page forms"


def form_tokens(ring: Keyring, subject: Subject, bound_to: str) -> list[str]:
    """Return what a visitor's forms carry under each key, that in use first.

    `bound_to` is their session's token or cookie.
    """
    digests = Digests(ring, _PURPOSE)
    parts = zip(
        _written(digests, f"form {bound_to}"),
        owners_of(ring, subject),
        strict=True,
    )
    return [
        first + owner + _written(digests, f"proof {owner}")[place][:_PROOF_CHARACTERS]
        for place, (first, owner) in enumerate(parts)
    ]


def owners_of(ring: Keyring, subject: Subject) -> tuple[str, ...]:
    """Return the marks of one person, under each key; they tell nobody who it is.

    NOBODY has them too.
    """
    marks = _written(Digests(ring, _PURPOSE), f"owner {subject.kind} {subject.id or ''}")
    return tuple(mark[:OWNER_CHARACTERS] for mark in marks)


def proven_owner(ring: Keyring, token: str) -> str | None:
    """Return whose form it was that carried a token, current or not; None if it is not ours."""
    rest, proof = token[:-_PROOF_CHARACTERS], token[-_PROOF_CHARACTERS:]
    owner = rest[-OWNER_CHARACTERS:]
    shown = proof.encode("utf-8", "replace")
    proofs = _written(Digests(ring, _PURPOSE), f"proof {owner}")
    known = [hmac.compare_digest(shown, one[:_PROOF_CHARACTERS].encode()) for one in proofs]
    return owner if any(known) else None


def _written(digests: Digests, text: str) -> list[str]:
    return [digest.hex() for digest in digests.any_of(text.encode("utf-8", "replace"))]
