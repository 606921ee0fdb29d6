"""Apple Wallet: builds passes, remembers which phones hold them, and wakes those phones."""

import base64
import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Final

from sqlalchemy.orm import Session

from punchcard.db.database import Database
from punchcard.db.outbox import RetryLater
from punchcard.kit.clock import Clock
from punchcard.kit.ids import CardId, Ids, ProgramId
from punchcard.kit.metrics.instruments import Tally
from punchcard.kit.secrets import Digests
from punchcard.kit.settings import Settings
from punchcard.loyalty.cards.links import CardLinks
from punchcard.loyalty.rules.logo_rules import PictureKind
from punchcard.wallets import uploads
from punchcard.wallets.apple import apple_registry as registry
from punchcard.wallets.apple.apns import ApnsClient
from punchcard.wallets.apple.apple_registry import PushTarget, Registration
from punchcard.wallets.apple.pass_images import pass_pictures
from punchcard.wallets.apple.pass_json import PassIdentity, text_files
from punchcard.wallets.apple.pass_pushes import PassPushes
from punchcard.wallets.apple.pass_texts import words_of
from punchcard.wallets.apple.pkpass import PassFile, build_pkpass, manifest_of
from punchcard.wallets.apple.set_up import AppleSetUp
from punchcard.wallets.apple.signing import PassSigner
from punchcard.wallets.card_facts import PassFacts, load_facts, load_programs, replaced
from punchcard.wallets.models import ApplePass
from punchcard.wallets.pass_content import for_holder
from punchcard.wallets.pass_facts import CardFacts, ProgramFacts
from punchcard.wallets.platform import Records, WalletAway
from punchcard.wallets.sample_cards import sample_card
from punchcard.wallets.vocabulary import PushVerdict

_ATTEMPTS: Final = 5


class PassKeepsChanging(RetryLater):
    """Others changed a pass each time it was to be brought up to date; it is tried again later."""

    def __init__(self) -> None:
        super().__init__("others keep changing this pass")


@dataclass(frozen=True, slots=True)
class BuiltPass:
    """A signed pass, and when it last changed (whole seconds since 1970)."""

    content: bytes
    modified_at: int


@dataclass(frozen=True, slots=True)
class _Look:
    """What a pass is made of, before it is signed."""

    files: tuple[PassFile, ...]

    @property
    def fingerprint(self) -> bytes:
        """Return what differs as soon as anything on the pass does."""
        return hashlib.sha256(manifest_of(self.files)).digest()


class AppleWallet:
    """Apple's side of a card. While there is no certificate, `is_configured` is False.

    `complaints` counts what phones wrote to this process's log, `pushes` what Apple made of pushes.
    """

    name: Final = "apple"
    records: Final[Records] = registry

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        ids: Ids,
        settings: Settings,
        card_links: CardLinks,
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._settings = settings
        self._card_links = card_links
        self.complaints = 0
        self.pushes: Final = Tally("verdict", known=[(one.value,) for one in PushVerdict])
        self._set_up = AppleSetUp(settings, clock)
        self._tokens = Digests(settings.keys, "punchcard apple pass")
        self._key_name = settings.keys.current.name

    @property
    def signer(self) -> PassSigner | None:
        """Return the operator's signer, None while there is none that can be used."""
        return self._set_up.signer

    @property
    def is_configured(self) -> bool:
        """Return whether the operator has a certificate, also one that has ended."""
        return self.signer is not None

    @property
    def fault(self) -> str | None:
        """Return what the operator must put right before passes are handed out, if anything."""
        return self._set_up.fault

    @property
    def signs_until(self) -> datetime | None:
        """Return when the first of its certificates ends; None while it is not set up."""
        return self._set_up.signs_until

    @property
    def pass_type_id(self) -> str:
        """Return the pass type of all passes, "" while there are none."""
        return self.signer.pass_type_id if self.signer else ""

    def link_for(self, token: str, base: str) -> str | None:
        """Return where the pass of the card with this token is, None while there is none."""
        if not self.is_configured or self.fault:
            return None
        return f"{base}/api/v1/loyalty/cards/{token}/apple.pkpass"

    def hand_out(self, card_id: CardId, number: str) -> BuiltPass:
        """Return the card's pass for the first or another phone."""
        with self._database.read() as session:
            found = session.get(ApplePass, number)
        is_first = found is None or found.fingerprint == registry.UNKNOWN
        if is_first:
            with self._database.write() as session:
                registry.keep_pass(session, number, card_id, now=self._clock.now())
        built, look = self._build(number)
        if is_first:
            with self._database.write() as session:
                registry.record_first_look(session, number, look.fingerprint)
                registry.record_token_key(session, number, self._key_name)
        return built

    def sample(self, program_id: ProgramId) -> bytes:
        """Return a pass of a card that nobody holds, to be looked at on a phone; it never changes.

        Raises WalletAway while passes are kept back. The program must exist.
        """
        if self.signer is None or self.fault:
            raise WalletAway
        now = self._clock.now()
        with self._database.read() as session:
            program = load_programs(session, [program_id], now=now)[program_id]
            images = {kind: uploads.find_image(session, program_id, kind) for kind in PictureKind}
        card = sample_card(program)
        # A phone keeps one pass under each number: those of all programs can be tried together.
        serial = f"test-{program_id}"
        look = self._draw(program, card, images, serial=serial, web_service_url="")
        return build_pkpass(look.files, partial(self.signer.sign, at=now))

    def latest(self, serial_number: str, *, known_since: int | None = None) -> BuiltPass | None:
        """Return a pass as it is now, None if it has not changed after `known_since`.

        The pass must have been handed out: `is_token_of` says so. Raises WalletAway while the
        certificate has ended.
        """
        with self._database.read() as session:
            found = session.get_one(ApplePass, serial_number)
        if known_since is not None and known_since >= found.modified_at:
            return None
        built = self._build(serial_number)[0]
        if found.token_key != self._key_name:
            with self._database.write() as session:
                registry.record_token_key(session, serial_number, self._key_name)
        return built

    def is_token_of(self, serial_number: str, token: str) -> bool:
        """Return whether a phone that shows `token` holds this pass.

        An unknown pass takes the same time as a wrong token, and has the same answer.
        """
        shown = token.encode("utf-8", "replace")
        known = [_written(one).encode() for one in self._tokens.any_of(serial_number.encode())]
        is_right = any([hmac.compare_digest(one, shown) for one in known])
        with self._database.read() as session:
            return session.get(ApplePass, serial_number) is not None and is_right

    def token_of(self, serial_number: str) -> str:
        """Return the secret that a pass carries; it is derived, so nothing can leak it.

        It changes with the server's key: the pass is another one then, and phones fetch it.
        """
        return _written(self._tokens.of(serial_number.encode()))

    def register(self, wanted: Registration) -> bool:
        """Let a phone hear of a pass's changes; True if that is new."""
        limit = self._settings.apple_registrations_per_pass
        with self._database.write() as session:
            is_new = registry.register(
                session, wanted, limit=limit, now=self._clock.now(), ids=self._ids
            )
        return bool(is_new)

    def unregister(self, device_library_id: str, serial_number: str) -> None:
        """Forget that a phone wanted to hear of a pass."""
        with self._database.write() as session:
            registry.unregister(session, device_library_id, serial_number)

    def updated_since(self, device_library_id: str, since: int | None) -> tuple[list[str], int]:
        """Return the device's passes that changed after the tag `since`, and the newest tag."""
        with self._database.read() as session:
            return registry.updated_since(session, device_library_id, since)

    def refresh_cards(
        self, card_ids: Collection[CardId], *, is_urgent: bool = True
    ) -> dict[CardId, str]:
        """Note which passes of these cards look different, and wake their phones.

        Nothing is hopeless here, so what comes back is empty. Raises PassKeepsChanging, and
        AppleAway or AppleRefuses when phones could not be woken; they are the next time. While the
        certificate has ended, phones are left asleep: `apple_registry.enqueue_unpushed` finds them.
        """
        self.record_changes(card_ids)
        if self.fault:
            return {}
        with self._database.read() as session:
            behind = {
                row.serial_number: row.update_tag
                for row in registry.passes_of(session, card_ids)
                if row.pushed_tag < row.update_tag
            }
            targets = registry.push_targets(session, behind) if behind else []
        if behind:
            self._wake(behind, targets)
        return {}

    def refresh_program(self, program_id: ProgramId) -> None:
        """Do nothing: a pass shares nothing with others that is not on itself."""

    def close(self) -> None:
        """Close the connection to the push service, if one was opened."""
        if "_pushes" in self.__dict__:
            self._pushes.close()

    def record_changes(self, card_ids: Collection[CardId]) -> None:
        """Write down which passes of these cards look different now. Raises PassKeepsChanging."""
        for _attempt in range(_ATTEMPTS):
            if not self._write_changes(self._new_looks(sorted(set(card_ids)))):
                return
        raise PassKeepsChanging

    @cached_property
    def _pushes(self) -> PassPushes:
        assert self.signer is not None
        settings = self._settings
        client = ApnsClient(
            settings.apple_apns_url,
            topic=self.signer.pass_type_id,
            tls=self.signer.client_context(settings.apple_apns_ca_certificate),
            push_type=settings.apple_push_type,
            priority=settings.apple_push_priority,
            timeout_seconds=settings.apple_push_timeout_seconds,
            parallel_limit=settings.apple_push_parallel_limit,
        )
        return PassPushes(client, self._database, self._clock, self.pushes)

    def _wake(self, behind: Mapping[str, int], targets: Sequence[PushTarget]) -> None:
        unwoken = self._pushes.send([target.push_token for target in targets])
        waiting = {one.serial_number for one in targets if one.push_token in unwoken.tokens}
        done = {serial: tag for serial, tag in behind.items() if serial not in waiting}
        with self._database.write() as session:
            registry.record_pushed(session, done)
        unwoken.raise_if_any()

    @property
    def _base(self) -> str:
        return self._settings.base_url.rstrip("/")

    def _build(self, serial_number: str) -> tuple[BuiltPass, _Look]:
        assert self.signer is not None
        if self.fault:
            raise WalletAway
        with self._database.read() as session:
            # The time is read before the content: a change in between is then asked for again.
            row = session.get_one(ApplePass, serial_number)
            look = self._looks(session, [row])[serial_number]
        now = self._clock.now()
        content = build_pkpass(look.files, partial(self.signer.sign, at=now))
        return BuiltPass(content, min(row.modified_at, int(now.timestamp()))), look

    def _new_looks(self, card_ids: Sequence[CardId]) -> dict[str, tuple[bytes, bytes]]:
        """Return old and new fingerprint of each pass that looks different now."""
        with self._database.read() as session:
            rows = registry.passes_of(session, card_ids)
            looks = self._looks(session, rows) if rows else {}
        found = {
            row.serial_number: (row.fingerprint, looks[row.serial_number].fingerprint)
            for row in rows
        }
        return {serial: (old, new) for serial, (old, new) in found.items() if old != new}

    def _write_changes(self, looks: dict[str, tuple[bytes, bytes]]) -> set[str]:
        """Write new fingerprints; returns the passes that someone else was quicker to change."""
        if not looks:
            return set()
        now = self._clock.now()
        with self._database.write() as session:
            tag = registry.next_tag(session)
            return registry.record_changes(session, looks, tag=tag, now=now)

    def _looks(self, session: Session, rows: Sequence[ApplePass]) -> dict[str, _Look]:
        now = self._clock.now()
        facts = load_facts(session, [row.card_id for row in rows], self._card_links, now=now)
        programs = {found.program.id for found in facts.values()}
        images = {
            program: {kind: uploads.find_image(session, program, kind) for kind in PictureKind}
            for program in programs
        }
        return {
            row.serial_number: self._look(
                row.serial_number, facts[row.card_id], images[facts[row.card_id].program.id]
            )
            for row in rows
        }

    def _look(
        self, serial_number: str, facts: PassFacts, images: Mapping[PictureKind, bytes | None]
    ) -> _Look:
        assert self.signer is not None
        card = facts.card
        if card.number != serial_number:
            card = replaced(card, serial_number)
        where = f"{self._base}/api/v1/loyalty/apple"
        return self._draw(facts.program, card, images, serial=serial_number, web_service_url=where)

    def _draw(
        self,
        program: ProgramFacts,
        card: CardFacts,
        images: Mapping[PictureKind, bytes | None],
        *,
        serial: str,
        web_service_url: str,
    ) -> _Look:
        assert self.signer is not None
        words = words_of(program, card)
        content = for_holder(words.content, program, card)
        identity = PassIdentity(
            pass_type_id=self.signer.pass_type_id,
            team_id=self.signer.team_id,
            serial_number=serial,
            web_service_url=web_service_url,
            authentication_token=self.token_of(serial),
        )
        texts = text_files(content, words, identity)
        logo, hero = images[PictureKind.LOGO], images[PictureKind.HERO]
        return _Look((*texts, *pass_pictures(content, logo=logo, hero=hero)))


def _written(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
