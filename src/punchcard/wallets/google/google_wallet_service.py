"""Google Wallet: puts cards there when a link is asked for, and keeps them as the ledger says."""

import logging
from collections.abc import Collection
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final

from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.ids import CardId, ProgramId
from punchcard.kit.metrics.instruments import Tally
from punchcard.kit.settings import Settings
from punchcard.loyalty.cards.links import CardLinks
from punchcard.loyalty.rotating_codes import RotatingCodes, has_rotating_code
from punchcard.wallets.card_facts import PassFacts, load_facts, load_programs, replaced
from punchcard.wallets.google import google_registry as registry
from punchcard.wallets.google.access_token import ServiceAccount, TokenSource
from punchcard.wallets.google.callback import RootKeys, verify_notice
from punchcard.wallets.google.google_client import CLASS, OBJECT, GoogleClient, Put
from punchcard.wallets.google.google_errors import GoogleAway, GoogleClassMissing, GoogleRefused
from punchcard.wallets.google.google_objects import (
    Body,
    GoogleShop,
    balance_of,
    fingerprint,
    loyalty_class,
    loyalty_object,
    save_claims,
)
from punchcard.wallets.google.models import GoogleObject
from punchcard.wallets.google.rate_limiter import BlockingRateLimiter
from punchcard.wallets.google.set_up import account_of
from punchcard.wallets.platform import Records

if TYPE_CHECKING:
    import httpx

_TURN_TAKEN: Final = timedelta(seconds=1)
_CLASS_ATTEMPTS: Final = 3

_log = logging.getLogger(__name__)


_PICTURES: Final = "punchcard google pictures"


class GoogleWallet:
    """Google's side of a card. While issuer or service account lack, `is_configured` is False."""

    name: Final = "google"
    records: Final[Records] = registry

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        settings: Settings,
        card_links: CardLinks,
        rotating_codes: RotatingCodes,
    ) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._rotating_codes = rotating_codes
        self._card_links = card_links
        self._takes_places = True
        self.answers: Final = Tally("status")
        """What Google answered this process, by HTTP status."""
        self._shop = GoogleShop(
            issuer_id=settings.google_issuer_id,
            base_url=settings.base_url,
            picture_key=settings.keys.derived(_PICTURES)[0],
        )
        self.picture_keys = settings.keys.derived(_PICTURES)
        """What the addresses of cards' pictures are, or were, signed with."""

    @property
    def account(self) -> ServiceAccount | None:
        """Return the operator's service account, None while there is none that can be used."""
        return self._set_up[0]

    @property
    def fault(self) -> str | None:
        """Return what the operator must put right, if anything; it is logged, once."""
        return self._set_up[1]

    @cached_property
    def _set_up(self) -> tuple[ServiceAccount | None, str | None]:
        account, fault = account_of(self._settings)
        if fault is not None:
            _log.error("Google Wallet hands out no cards (see punchcard doctor): %s", fault)
        return account, fault

    @property
    def is_configured(self) -> bool:
        """Return whether cards can be put into Google Wallet."""
        return self.account is not None

    @cached_property
    def client(self) -> GoogleClient:
        """Return the client; only a configured wallet has one."""
        assert self.account is not None
        settings = self._settings
        tokens = TokenSource(
            self.account, self._http, token_url=settings.google_token_url, clock=self._clock
        )
        return GoogleClient(
            self._http,
            tokens,
            api_url=settings.google_api_url,
            clock=self._clock,
            pace=BlockingRateLimiter(settings.google_requests_per_second),
            counts=self.answers,
        )

    @cached_property
    def _roots(self) -> RootKeys:
        return RootKeys(self._http, url=self._settings.google_keys_url, clock=self._clock)

    @cached_property
    def _http(self) -> "httpx.Client":
        # Imported here: it costs a tenth of a second, and most shops start without Google.
        import httpx

        return httpx.Client(timeout=self._settings.google_timeout_seconds)

    def close(self) -> None:
        """Close the connections, if any were opened."""
        if "_http" in self.__dict__:
            self._http.close()

    def link_for(self, token: str, base: str) -> str | None:
        """Return the address that leads the holder of this token on to Google, if there is one."""
        if not self.is_configured:
            return None
        return f"{base}/api/v1/loyalty/cards/{token}/google"

    def save_link(self, card_id: CardId) -> str:
        """Put the card where Google has it and return the link that saves it to a wallet.

        Raises GoogleAway, GoogleNeedsOperator or GoogleRefused.
        """
        assert self.account is not None
        facts = self._facts([card_id])[card_id]
        self.refresh_program(facts.program.id, is_new=True)
        number, now = facts.card.number, self._clock.now()
        with self._database.write() as session:
            registry.keep_object(
                session, number, card_id=card_id, program_id=facts.program.id, now=now
            )
        if failed := self.refresh_cards([card_id]):
            raise GoogleRefused(failed[card_id])
        object_id = self._shop.object_id(number)
        claims = save_claims(object_id, account=self.account.email, now=now)
        return f"{self._settings.google_save_url.rstrip('/')}/{self.account.sign(claims)}"

    def refresh_cards(
        self, card_ids: Collection[CardId], *, is_urgent: bool = True
    ) -> dict[CardId, str]:
        """Bring what Google has of these cards up to date; returns why some never will be.

        Raises GoogleAway or GoogleNeedsOperator; what is done by then need not be done again.
        """
        with self._database.read() as session:
            rows = registry.objects_of(session, card_ids)
        if not rows:
            return {}
        facts = self._facts([row.card_id for row in rows])
        failed: dict[CardId, str] = {}
        for row in rows:
            if self._is_up_to_date(row, facts[row.card_id]):
                continue
            try:
                self._refresh_object(row, is_urgent=is_urgent)
            except GoogleRefused as refusal:
                failed[row.card_id] = str(refusal)
        return failed

    def refresh_program(self, program_id: ProgramId, *, is_new: bool = False) -> None:
        """Bring a program's class up to date; one that Google never had is made if `is_new`.

        Raises GoogleAway, GoogleNeedsOperator or GoogleRefused.
        """
        for _ in range(_CLASS_ATTEMPTS):
            now = self._clock.now()
            with self._database.read() as session:
                row = registry.class_of(session, program_id)
                programs = load_programs(session, [program_id], now=now)
            if program_id not in programs or (row is None and not is_new):
                return
            body = loyalty_class(self._shop, programs[program_id])
            look = fingerprint(body)
            if row is not None and row.fingerprint == look:
                return
            self._put_class(body, is_known=row is not None)
            with self._database.write() as session:
                registry.record_class(session, program_id, look, now=now)
            # Once more around: someone may have changed the program, or sent an older look.

    def receive_callback(self, body: bytes) -> bool:
        """Take in a notice of Google's; returns False if it was received before.

        Raises NoticeMalformed, NoticeNotGenuine or KeysAway.
        """
        now = self._clock.now()
        issuer_id = self._shop.issuer_id
        notice = verify_notice(body, issuer_id=issuer_id, roots=self._roots.current(), now=now)
        number = self._shop.number_of(notice.object_id) if notice.object_id else None
        with self._database.write() as session:
            return registry.record_notice(session, notice, number, now=now)

    def check(self, number: str) -> None:
        """Ask Google who holds a card: the notice of it may have been lost, or the card itself.

        Raises GoogleAway or GoogleNeedsOperator.
        """
        with self._database.read() as session:
            row = session.get(GoogleObject, number)
        if row is None or not self.is_configured:
            return
        found = self.client.get(OBJECT, self._shop.object_id(number), is_urgent=False)
        now = self._clock.now()
        with self._database.write() as session:
            if found is None:
                registry.record_lost(session, row, now=now)
            else:
                has_users = bool(found.get("hasUsers"))
                registry.record_holder(session, row, has_users=has_users, now=now)

    def _refresh_object(self, row: GoogleObject, *, is_urgent: bool) -> None:
        """Send an object as it is now, if it looks different; nobody else sends it meanwhile."""
        now = self._clock.now()
        until = now + timedelta(seconds=self._settings.worker_lease_seconds)
        with self._database.write() as session:
            if not registry.take_turn(session, row.number, now=now, until=until):
                raise GoogleAway("another worker sends this card", retry_after=_TURN_TAKEN)
        try:
            self._send_object(row.number, is_urgent=is_urgent)
        except BaseException:
            with self._database.write() as session:
                registry.give_turn_back(session, row.number)
            raise

    def _send_object(self, number: str, *, is_urgent: bool) -> None:
        # Read only now: what this turn sends is the newest state, so the last to send has it.
        row = self._object(number)
        facts = self._facts([row.card_id])[row.card_id]
        body, now = self._body(row, facts), self._clock.now()
        balance = balance_of(body)
        per_day = self._settings.google_notifications_per_day
        notify = registry.may_notify(row, balance, per_day=per_day, now=now)

        def put() -> Put:
            is_known = row.fingerprint is not None
            return self.client.put(
                OBJECT, body, is_known=is_known, notify=notify, is_urgent=is_urgent
            )

        try:
            done = put()
        except GoogleClassMissing:
            self._send_class(facts)
            done = put()
        with self._database.write() as session:
            registry.record_sent(
                session, row, done, fingerprint=fingerprint(body), balance=balance, now=now
            )

    def _put_class(self, body: Body, *, is_known: bool) -> None:
        """Send a class; without its places to a Google that does not take them from this issuer.

        Only issuers that Google has let may name places, and it refuses all of the class for them.
        """
        if body["merchantLocations"] and not self._takes_places:
            body = {**body, "merchantLocations": None}
        try:
            self.client.put(CLASS, body, is_known=is_known)
        except GoogleRefused:
            if not body["merchantLocations"]:
                raise
            self.client.put(CLASS, {**body, "merchantLocations": None}, is_known=is_known)
            self._takes_places = False
            _log.warning(
                "Google takes no places of shops from this issuer: cards in Google Wallet do not"
                " show by themselves there. Ask Google to allow merchantLocations."
            )

    def _send_class(self, facts: PassFacts) -> None:
        body = loyalty_class(self._shop, facts.program)
        self._put_class(body, is_known=False)
        with self._database.write() as session:
            registry.record_class(
                session, facts.program.id, fingerprint(body), now=self._clock.now()
            )

    def _is_up_to_date(self, row: GoogleObject, facts: PassFacts) -> bool:
        # While someone sends, what is written down is about to change.
        return row.sending_until is None and row.fingerprint == fingerprint(self._body(row, facts))

    def _body(self, row: GoogleObject, facts: PassFacts) -> Body:
        card = facts.card if facts.card.number == row.number else replaced(facts.card, row.number)
        moves = has_rotating_code(facts.program.branding)
        key = self._rotating_codes.key_of(row.number) if moves else None
        return loyalty_object(self._shop, facts.program, card, rotating_key=key)

    def _facts(self, card_ids: Collection[CardId]) -> dict[str, PassFacts]:
        with self._database.read() as session:
            return load_facts(session, card_ids, self._card_links, now=self._clock.now())

    def _object(self, number: str) -> GoogleObject:
        with self._database.read() as session:
            return session.get_one(GoogleObject, number)
