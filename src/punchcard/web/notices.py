"""What the page after a form tells, once, of what was just asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

from punchcard.kit.i18n import translate
from punchcard.kit.secrets import Keyring, Signer

NOTICE_COOKIE: Final = "punchcard_notice"
NOTICE_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Undo:
    """What takes back what was just done: `do` to the `chosen`, by a form to `path`."""

    path: str
    do: str
    chosen: Sequence[str]


class PageNotice(NamedTuple):
    """A sentence for the next page: what was done, or why nothing was; `undo` takes it back."""

    text: str
    params: Mapping[str, Any]
    is_refusal: bool = False
    undo: Undo | None = None


def write_notice(keys: Keyring, notice: PageNotice) -> str:
    """Return the notice as the browser carries it to the next page."""
    undo = asdict(notice.undo) if notice.undo else None
    return _signer(keys).sign({**notice._asdict(), "undo": undo})


def read_notice(keys: Keyring, sent: str, language: str) -> PageNotice | None:
    """Return what the browser carried, its text in `language`; None unless it is ours."""
    facts = _signer(keys).verify(sent)
    if not facts:
        return None
    undo = Undo(**facts["undo"]) if facts["undo"] else None
    # A server before this one, still running during an upgrade, wrote no refusals.
    text = translate(facts["text"], language, **facts["params"])
    return PageNotice(text, {}, facts.get("is_refusal", False), undo)


def _signer(keys: Keyring) -> Signer:
    return Signer(keys, "page notices", "")
