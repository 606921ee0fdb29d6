"""What a page's form sent: read field by field and carried out, each fault kept at its field."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

from punchcard.accounts.audit_service import Act
from punchcard.context import Context
from punchcard.http_statuses import STATUS_BY_KIND
from punchcard.kit.errors import DomainError, InvalidInput, Kind
from punchcard.kit.i18n import LANGUAGES, N_, Language, translate
from punchcard.kit.ids import VendorId
from punchcard.kit.validation import amounts, contacts, days, texts
from punchcard.kit.validation.invalid import Checked, InvalidValue
from punchcard.web.drafts.refill import SHOWN_FIELD
from punchcard.web.pages.shown_values import (
    FormStale,
    as_text,
    as_texts,
    merge,
    read_shown,
    write_shown,
)

TEXT_CHARACTERS: Final = 200
_TOLD_CHARACTERS: Final = 200
_STAFF_PIN: Final = "staff_pin"
_PIN_NAME: Final = N_("Staff PIN")
_CHANGED: Final = N_("Changed meanwhile to “{theirs}”. Save again to keep yours.")
_EMPTIED: Final = N_("Emptied meanwhile. Save again to keep yours.")
_SWITCHED_ON: Final = N_("Switched on meanwhile. Save again to keep yours.")
_SWITCHED_OFF: Final = N_("Switched off meanwhile. Save again to keep yours.")

Row = TypeVar("Row")
_Wanted = ParamSpec("_Wanted")
_Made = TypeVar("_Made")


class ActingRequest(Protocol):
    """The request that a form came with: who asks, and where."""

    context: Context

    def act(self) -> Act:
        """Return who does what the form asks for."""

    @property
    def vendor_id(self) -> VendorId:
        """Return the shop that it is done at. Raises NotAllowed when there is none."""


class Form:
    """The fields of one form, and what is wrong with them.

    Each reader returns the value, or None after noting a fault in `errors`. `values` is what was
    typed, for showing the form again; without data (a page that is opened) it is `initial`.
    A page that shows it again answers with `status`; `wait_seconds` goes with 429 and 503.
    """

    def __init__(
        self,
        data: FormData | None = None,
        *,
        language: str = "en",
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        self._data = data
        self._language = language
        self.initial = dict(initial or {})
        self.errors: dict[str, str] = {}
        self.refusal: str | None = None
        self.wait_seconds: int | None = None
        self.refused_status = 422
        self._has_given_focus = False
        self.moved: dict[str, int] = {}
        self._now: dict[str, str] | None = None

    @property
    def is_valid(self) -> bool:
        """Return whether nothing was wrong so far."""
        return not self.errors and self.refusal is None

    def takes_focus(self, name: str) -> bool:
        """Return whether a field is the first of the page that is at fault: the page begins there.

        Asked once for each field, in the order of the page. The form as a whole ("") comes first:
        nothing else on the page says what was refused.
        """
        is_at_fault = self.refusal is not None if name == "" else name in self.errors
        is_first = is_at_fault and not self._has_given_focus
        self._has_given_focus = self._has_given_focus or is_at_fault
        return is_first

    @property
    def status(self) -> int:
        """Return the status of a page that shows the form: 200 unless something was wrong."""
        return 200 if self.is_valid else self.refused_status

    @property
    def languages_at_fault(self) -> list[Language]:
        """Return the languages with a fault among their own words, `de-name` and the like."""
        found = {name.split("-", 1)[0] for name in self.errors if "-" in name}
        return [language for language in LANGUAGES if language in found]

    def value(self, name: str) -> str:
        """Return what stands in a field: as typed, or as it was before."""
        if self._data is None:
            found = self.initial.get(name)
            return str(found) if isinstance(found, bool) else as_text(found, self._language)
        found = self._data.get(name)
        return found if isinstance(found, str) else ""

    def retyped(self, values: Mapping[str, str]) -> "Form":
        """Return the same form as if these values had been typed into its fields."""
        sent = [(name, value) for name, value in self.sent() if name not in values]
        return Form(FormData([*sent, *values.items()]), language=self._language)

    @property
    def shown(self) -> str:
        """Return what the page shows, for the form to take along: `forms.shown` in templates."""
        if self._now is not None:
            return write_shown(self._now)
        if self._data is None:
            return write_shown(as_texts(self.initial, self._language))
        return self.value(SHOWN_FIELD)

    def merge(
        self,
        now: Mapping[str, Any],
        *,
        sums: Collection[str] = (),
        labels: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """Take over what others changed since the page was shown; see `shown_values`.

        `now` is what the page would show now. Where they changed what the person changed too, the
        field gets a fault that says what they wrote, with the names in `labels` for its choices:
        sent once more, the form counts. Of numbers in `sums` the difference counts; `moved` tells.
        """
        shown = read_shown(self.value(SHOWN_FIELD))
        if shown is None:
            return
        boxes = {name for name, value in now.items() if isinstance(value, bool)}
        self._now = as_texts(now, self._language)
        times = Counter(name for name, _ in self.sent())
        typed = {name: text for name, text in self.sent() if times[name] == 1}
        typed.pop(SHOWN_FIELD)
        typed |= {name: "on" if self.is_on(name) else "" for name in boxes}
        merged = merge(shown=shown, typed=typed, now=self._now, sums=sums)
        self.moved = merged.moved
        self._put(merged.values, boxes)
        for name, theirs in merged.conflicts.items():
            self._note_conflict(name, theirs, name in boxes, (labels or {}).get(name, {}))

    def guard(self, values: Callable[[Row], Mapping[str, Any]]) -> Callable[[Row], None]:
        """Return what refuses (FormStale) a row that no longer shows what was merged."""

        def check(row: Row) -> None:
            if self._now is not None and as_texts(values(row), self._language) != self._now:
                raise FormStale

        return check

    def _put(self, values: Mapping[str, str], boxes: Collection[str]) -> None:
        """Let the fields hold `values`, as if they had been sent so."""
        assert self._data is not None
        replaced = {*values, SHOWN_FIELD}
        kept = [(name, one) for name, one in self._data.multi_items() if name not in replaced]
        sent = [(name, text) for name, text in values.items() if text or name not in boxes]
        self._data = FormData([*kept, *sent, (SHOWN_FIELD, self.shown)])

    def _note_conflict(
        self, name: str, theirs: str, is_box: bool, labels: Mapping[str, str]
    ) -> None:
        self.refused_status = 409
        self.refusal = translate(
            N_("Someone else changed this meanwhile. What you typed is kept: see below."),
            self._language,
        )
        if is_box:
            self.fault(name, _SWITCHED_ON if theirs else _SWITCHED_OFF)
        elif theirs:
            text = translate(labels[theirs], self._language) if theirs in labels else theirs
            cut = text if len(text) <= _TOLD_CHARACTERS else text[:_TOLD_CHARACTERS] + "…"
            self.fault(name, _CHANGED, theirs=cut)
        else:
            self.fault(name, _EMPTIED)

    def is_on(self, name: str, choice: str = "on") -> bool:
        """Return whether a box is ticked, or one choice of several is."""
        if self._data is None:
            before = self.initial.get(name)
            return choice in before if isinstance(before, list | tuple | set) else bool(before)
        return choice in self._data.getlist(name)

    def text(
        self, name: str, *, required: bool = True, limit: int = TEXT_CHARACTERS, lines: bool = False
    ) -> str | None:
        """Return a text without blanks around it; None when it is empty or wrong.

        Without `lines` it is one line.
        """
        if lines:
            return self.checked(name, texts.paragraphs, required=required, maximum=limit)
        return self.checked(name, texts.one_line, required=required, maximum=limit)

    def checked(
        self, name: str, rule: Callable[..., Checked], *, required: bool = True, **bounds: Any
    ) -> Checked | None:
        """Return what a rule of `kit.validation` makes of a field; None when it is empty or wrong.

        `bounds` are the rule's own, such as `maximum`.
        """
        typed = self.value(name).strip()
        if not typed:
            if required:
                self.fault(name, N_("Please fill this in."))
            return None
        try:
            return rule(typed, **bounds)
        except InvalidValue as error:
            self.fault(name, error.sentence, **error.params)
            return None

    def whole(self, name: str, *, minimum: int, maximum: int, required: bool = True) -> int | None:
        """Return a whole number between the bounds."""
        typed = self.value(name).strip()
        if not typed:
            if required:
                self.fault(name, N_("Please fill this in."))
            return None
        number = amounts.whole_number(typed, self._language)
        if number is None or not minimum <= number <= maximum:
            self.fault(
                name,
                N_("A whole number from {minimum} to {maximum}."),
                minimum=minimum,
                maximum=maximum,
            )
            return None
        return number

    def money(
        self,
        name: str,
        currency: str,
        *,
        required: bool = True,
        minimum_minor: int = 0,
        maximum_minor: int = 10**9,
    ) -> int | None:
        """Return an amount in minor units, typed as the page's language writes it."""
        typed = self.value(name).strip()
        if not typed:
            if required:
                self.fault(name, N_("Please fill this in."))
            return None
        try:
            return amounts.amount_minor(
                typed, currency, self._language, minimum=minimum_minor, maximum=maximum_minor
            )
        except InvalidValue as error:
            self.fault(name, error.sentence, **error.params)
            return None

    def day(self, name: str, *, required: bool = True) -> date | None:
        """Return a day, as date fields send it: YYYY-MM-DD."""
        return self.checked(name, days.as_day, required=required)

    def email(self, name: str, *, required: bool = True) -> str | None:
        """Return an e-mail address in its one form."""
        return self.checked(name, contacts.email, required=required)

    def phone(self, name: str, country: str | None, *, required: bool = True) -> str | None:
        """Return a phone number in its one form; without a country code it is one of `country`."""
        return self.checked(name, contacts.phone, required=required, country=country)

    def choice(self, name: str, options: Sequence[str], *, required: bool = True) -> str | None:
        """Return one of the options."""
        typed = self.value(name)
        if typed in options:
            return typed
        if typed or required:
            self.fault(name, N_("Please choose one of these."))
        return None

    def choices(self, name: str) -> list[str]:
        """Return everything that is ticked under one name, at most 200."""
        found = self._data.getlist(name) if self._data is not None else []
        return [value for value in found if isinstance(value, str)][:200]

    def sent(self) -> list[tuple[str, str]]:
        """Return every text that was sent, in its order, for a page that asks once more."""
        fields = self._data.multi_items() if self._data is not None else []
        return [(name, value) for name, value in fields if isinstance(value, str)]

    def upload(self, name: str) -> bytes | None:
        """Return what a chosen file holds, or None when none was chosen."""
        found = self._data.get(name) if self._data is not None else None
        if not isinstance(found, UploadFile):
            return None
        return found.file.read() or None

    def upload_name(self, name: str) -> str:
        """Return what a chosen file is called, without the folders some browsers tell of."""
        found = self._data.get(name) if self._data is not None else None
        told = found.filename or "" if isinstance(found, UploadFile) else ""
        return told.rsplit("/")[-1].rsplit("\\")[-1]

    def fault(self, name: str, message: str, **params: Any) -> None:
        """Note what is wrong with a field; the first fault stays."""
        self.errors.setdefault(name, translate(message, self._language, **params))

    def _refuse_pin(self, message: str, params: Mapping[str, Any]) -> None:
        """Refuse the whole form for a PIN: its field is empty again, and one of several."""
        of = translate(N_("{what}:"), self._language, what=translate(_PIN_NAME, self._language))
        self.refusal = f"{of} {translate(message, self._language, **params)}"

    def carry_out(
        self,
        request: ActingRequest,
        change: Callable[Concatenate[Session, Act, VendorId, _Wanted], _Made],
        *args: _Wanted.args,
        **named: _Wanted.kwargs,
    ) -> _Made | None:
        """Make a change at the shop of the page in a transaction; returns what the service returns.

        None if it was refused: the form holds why, and is not valid any more.
        """
        with self.refusals(), request.context.database.write() as session:
            return change(session, request.act(), request.vendor_id, *args, **named)
        return None

    @contextmanager
    def refusals(self, **renamed: str) -> Iterator[None]:
        """Turn a refusal of the block into faults of the fields it names, or of the whole form.

        `renamed` maps a service's field to the form's where they differ. What is not there (any
        more), or is another vendor's, is no fault of the form: that refusal goes through.
        """
        try:
            yield
        except InvalidInput as refusal:
            for error in refusal.errors:
                place = [str(part) for part in error["loc"] if part != "body"]
                name = ".".join(place)
                message, params = error["message"], error.get("params", {})
                if name == _STAFF_PIN:
                    self._refuse_pin(message, params)
                else:
                    self.fault(renamed.get(name, name), message, **params)
            if not refusal.errors:
                self.refusal = refusal.told(self._language)
        except DomainError as refusal:
            if refusal.kind is Kind.MISSING:
                raise
            self.refusal = refusal.told(self._language)
            if refusal.kind in (Kind.TOO_MANY, Kind.BUSY):
                self.wait_seconds = refusal.retry_after_seconds
                self.refused_status = STATUS_BY_KIND[refusal.kind]
