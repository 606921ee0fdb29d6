"""From a caller and what they ask to an operation: the same rules behind every face.

A face hands over what it has read. Here it is decided where and when the operation happened, which
card a text names, who stands at the till, and what becomes of a request that is refused but may be
the repetition of one that was accepted.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple, Unpack

import orjson

from punchcard.accounts.access.presence import DevicePresences
from punchcard.accounts.errors import NotAllowed
from punchcard.accounts.subjects import LOYALTY_MANAGE, NOBODY, Subject
from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.errors import DomainError, invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import GrantId, ImportId, LocationId, RewardId, VendorId
from punchcard.kit.secrets import Digests, Keyring
from punchcard.kit.settings import Settings
from punchcard.kit.validation.invalid import check_one_of
from punchcard.kit.values import value
from punchcard.loyalty.cards import grant_reader
from punchcard.loyalty.errors.cards import CardNotFound
from punchcard.loyalty.ledger import import_service
from punchcard.loyalty.operations import (
    Actor,
    CardKey,
    CardRef,
    Operation,
    OperationMetadata,
    Origin,
    PurchaseItem,
    RedeemPoints,
    RedeemReward,
    ReplayOnly,
    StaffIdentity,
)
from punchcard.loyalty.rotating_codes import RotatingCodes
from punchcard.loyalty.staff.identify import identify_staff
from punchcard.loyalty.staff.pin_verifier import PinVerifier
from punchcard.loyalty.staff.staff_tokens import StaffTokens
from punchcard.loyalty.till.occasion import Occasions
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.till import Till
from punchcard.loyalty.vocabulary import ActorKind


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationServices:
    """What a builder works with; one for the whole process."""

    clock: Clock
    settings: Settings
    rotating_codes: RotatingCodes
    pin_verifier: PinVerifier
    staff_tokens: StaffTokens
    device_presences: DevicePresences
    database: Database


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationCaller:
    """Who asks, at which vendor, and from where; the subject NOBODY is the public."""

    subject: Subject
    vendor_id: VendorId
    request_id: str | None = None
    address: str | None = None
    user_agent: str | None = None


class StaffProof(NamedTuple):
    """What is shown for who stands at the till; of a token also when it was used (None: now)."""

    pin: str | None
    staff_id: str | None
    token: str | None
    token_used_at: datetime | None

    @classmethod
    def of(
        cls,
        *,
        pin: str | None = None,
        staff_id: str | None = None,
        token: str | None = None,
        occurred_at: datetime | None = None,
    ) -> "StaffProof | None":
        """Return the proof in these fields of a request, None when all are empty.

        A token may have been good when the operation happened, and be no more.
        """
        if token is not None:
            return cls(pin, staff_id, token, occurred_at)
        return cls(pin, staff_id, None, None) if pin is not None or staff_id is not None else None


@value
class RequestDetails:
    """What a request says beside what it asks for; all of it may be missing.

    `fingerprint` tells the request from others under the same `idempotency_key`. `import_id` names
    the import that tells it as history.
    """

    location_id: LocationId | None = None
    occurred_at: datetime | None = None
    import_id: ImportId | None = None
    note: str | None = None
    proof: StaffProof | None = None
    idempotency_key: str | None = None
    fingerprint: bytes | None = None


HISTORY_WITHOUT_TIME: Final = N_("An import tells when it happened.")

TillCall = Callable[[Till, OperationMetadata], Receipt]
"""One of the functions that do a single operation, with all but these two bound."""


class OperationBuilder:
    """Turns what one caller asks at one moment into operations.

    Of a list of requests each proof of staff is looked at once.
    """

    def __init__(self, services: OperationServices, caller: OperationCaller) -> None:
        self._services = services
        self._caller = caller
        self._identified: dict[StaffProof, StaffIdentity | DomainError | None] = {}
        self._now = services.clock.now()
        subject = caller.subject
        self._actor = Actor(
            ActorKind.PUBLIC if subject is NOBODY else ActorKind(subject.kind), subject.id
        )
        device_id = subject.device_id
        self._origin = Origin(caller.address, caller.user_agent, device_id)
        self._occasions = Occasions(
            services.database, services.device_presences, services.settings, subject, self._now
        )
        self._importers: dict[ImportId, Actor] = {}

    def may_block(self, details: RequestDetails) -> bool:
        """Tell whether building waits for a bcrypt or the database: then do it in a thread."""
        if details.import_id is not None or self._occasions.may_block(details.occurred_at):
            return True
        proof = details.proof
        if proof is None or proof in self._identified:
            return False
        if proof.token is None or proof.pin is not None or proof.staff_id is not None:
            return True
        try:
            known = self._services.staff_tokens.verify_cached(
                proof.token, self._caller.subject, occurred_at=proof.token_used_at
            )
        except DomainError as refusal:
            self._identified[proof] = refusal
            return False
        if known is not None:
            self._identified[proof] = known
        return known is None

    def build(
        self, details: RequestDetails, make: Callable[[OperationMetadata], Operation]
    ) -> Operation:
        """Return the operation that `make` makes of its metadata.

        With an idempotency key, what is refused becomes a question for the earlier answer
        (ReplayOnly): the request may repeat one that was accepted when its token was still good.
        Without one the refusal is raised: NotAllowed, OccurredAtOutOfRange, what
        `identify_staff` raises, and what `make` raises. May block, see `may_block`.
        """
        try:
            metadata = self._metadata(details)
            self._add_staff(details, metadata)
            return make(metadata)
        except DomainError as refusal:
            return self._replay_only(details, refusal)

    def build_on_card(
        self,
        details: RequestDetails,
        card: str,
        make: Callable[[CardRef, OperationMetadata], Operation],
    ) -> Operation:
        """Return the operation that `make` makes on the card that the text `card` names.

        It is the card's id, number, token or address, the code of a card from elsewhere, or a
        rotating code that was right when the operation happened: a terminal without a line sends
        later what it scanned then.
        Raises, beside what `build` does, CardNotFound and CodeExpired.
        """
        try:
            metadata = self._metadata(details)
            ref = CardRef.parse(card) or self._by_rotating_code(card, metadata)
            ref = ref or CardRef.parse_any(card)
            self._add_staff(details, metadata)
            if ref is None:
                raise CardNotFound
            return make(ref, metadata)
        except DomainError as refusal:
            return self._replay_only(details, refusal)

    def build_by_code(
        self,
        details: RequestDetails,
        code: str | None,
        make: Callable[[CardRef, GrantId, OperationMetadata], Operation],
        *,
        card: str | None = None,
    ) -> Operation:
        """Return the operation that `make` makes on the grant that `code` names; blocks.

        Raises, beside what `build` does, GrantNotFound, and InvalidInput if a card is named too.
        """
        try:
            metadata = self._metadata(details)
            self._add_staff(details, metadata)
            check_one_of({"card": card, "code": code})
            with self._services.database.read() as session:
                grant = grant_reader.grant_by_code(session, self._caller.vendor_id, code or "")
                return make(CardRef(CardKey.ID, grant.card_id), grant.id, metadata)
        except DomainError as refusal:
            return self._replay_only(details, refusal)

    def submit(self, till: Till, details: RequestDetails, do: TillCall) -> Receipt:
        """Return the receipt of what `do` asks of the till with its metadata, and wait for it.

        With an idempotency key, a caller who is refused here is given the answer the key was given
        before, if there is one. Raises as `build` does, and what `do` raises.
        """
        try:
            metadata = self._metadata(details)
            self._add_staff(details, metadata)
        except DomainError as refusal:
            return till.submit(self._replay_only(details, refusal))
        return do(till, metadata)

    def _metadata(self, details: RequestDetails) -> OperationMetadata:
        occurred_at = details.occurred_at
        import_id = details.import_id
        actor = self._actor if import_id is None else self._importer(import_id)
        is_history = import_id is not None
        if is_history and occurred_at is None:
            raise invalid_field("occurred_at", message=HISTORY_WITHOUT_TIME)
        if occurred_at is not None:
            occurred_at = self._occasions.checked(occurred_at, is_history=is_history)
        return {
            "vendor_id": self._caller.vendor_id,
            "actor": actor,
            "location_id": self._location(details.location_id),
            "note": details.note or None,
            "occurred_at": occurred_at,
            "idempotency_key": details.idempotency_key,
            "fingerprint": details.fingerprint,
            "origin": self._origin,
            "request_id": self._caller.request_id,
        }

    def _importer(self, import_id: ImportId) -> Actor:
        """Return the import as who acts: only its maker tells history by it."""
        if not self._caller.subject.may(LOYALTY_MANAGE):
            raise NotAllowed
        if import_id not in self._importers:
            with self._services.database.read() as session:
                import_service.get_own_import(
                    session, self._caller.vendor_id, import_id, self._caller.subject
                )
            self._importers[import_id] = Actor(ActorKind.IMPORT, import_id)
        return self._importers[import_id]

    def _location(self, asked: LocationId | None) -> LocationId | None:
        """Return where it happened: who has a place of their own speaks for no other."""
        own = self._caller.subject.location_id
        if own is not None and asked not in (None, own):
            raise NotAllowed
        return asked or own

    def _by_rotating_code(self, text: str, metadata: OperationMetadata) -> CardRef | None:
        at = metadata["occurred_at"] or self._now
        number = self._services.rotating_codes.verify(text, at)
        if number is None:
            return None
        metadata["is_code_fresh"] = True
        return CardRef(CardKey.NUMBER, number)

    def _add_staff(self, details: RequestDetails, metadata: OperationMetadata) -> None:
        proof = details.proof
        if proof is None:
            return
        if proof not in self._identified:
            self._identified[proof] = self._identify(proof)
        found = self._identified[proof]
        if isinstance(found, DomainError):
            raise found
        metadata["staff"] = found

    def _identify(self, proof: StaffProof) -> StaffIdentity | DomainError | None:
        try:
            return identify_staff(
                self._services.pin_verifier,
                self._services.staff_tokens,
                self._caller.subject,
                staff_pin=proof.pin,
                staff_id=proof.staff_id,
                staff_token=proof.token,
                occurred_at=proof.token_used_at,
            )
        except DomainError as refusal:
            return refusal

    def _replay_only(self, details: RequestDetails, refusal: DomainError) -> ReplayOnly:
        if details.idempotency_key is None:
            raise refusal
        return ReplayOnly(
            vendor_id=self._caller.vendor_id,
            actor=self._actor,
            idempotency_key=details.idempotency_key,
            fingerprint=details.fingerprint,
            refusal=refusal,
        )


def card_ref(text: str) -> CardRef:
    """Return what `text` names a card by. Raises CardNotFound if it can name none."""
    ref = CardRef.parse_any(text)
    if ref is None:
        raise CardNotFound
    return ref


def points_redemption(
    card: CardRef,
    *,
    reward_id: RewardId | None,
    points: int | None,
    **metadata: Unpack[OperationMetadata],
) -> RedeemReward | RedeemPoints:
    """Return the operation that exchanges points for a reward, or takes a number of points.

    Exactly one must be given. Raises InvalidInput.
    """
    if reward_id is not None and points is None:
        return RedeemReward(card=card, reward_id=reward_id, **metadata)
    if points is not None and reward_id is None:
        return RedeemPoints(card=card, points=points, **metadata)
    raise invalid_field("points", message=N_("Give either a reward or a number of points."))


def checked_items(items: tuple[PurchaseItem, ...], *, is_counted: bool) -> tuple[PurchaseItem, ...]:
    """Return the items that are to be stamped, where no number of stamps was told beside them.

    Raises InvalidInput.
    """
    if items and is_counted:
        raise invalid_field("items", message=N_("Give either items or a number of stamps."))
    return items


def checked_points_delta(points_delta: int, limit_points: int) -> int:
    """Return by how much points may be corrected by hand. Raises InvalidInput."""
    if points_delta == 0 or abs(points_delta) > limit_points:
        sentence = N_("Must be between -{limit} and {limit}, and not 0.")
        raise invalid_field("points_delta", message=sentence, limit=limit_points)
    return points_delta


def fingerprint(kind: str, fields: Sequence[Any]) -> bytes:
    """Return what tells one request from another under the same idempotency key.

    The same operation is the same request whether it came alone or in a list. Proofs of staff (PIN
    and token) are left out of `fields`: they may be renewed, and a digest of a PIN would give it
    away.
    """
    return hashlib.sha256(_canonical(kind, fields)).digest()


def keyed_fingerprints(ring: Keyring, kind: str, fields: Sequence[Any]) -> tuple[bytes, ...]:
    """Return the same for a request that is made of personal data, by each key of the server.

    It is kept in the ledger for good, so it is made with a key: nobody can try out names and
    addresses against it. A request that came before a change of keys is known by a later one.
    """
    return _enrolment_digests(ring).any_of(_canonical(kind, fields))


def _canonical(kind: str, fields: Sequence[Any]) -> bytes:
    return orjson.dumps([kind, *fields])


@lru_cache(maxsize=4)
def _enrolment_digests(ring: Keyring) -> Digests:
    return Digests(ring, "punchcard enrolment fingerprint")
