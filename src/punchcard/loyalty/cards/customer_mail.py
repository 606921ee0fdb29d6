"""Mails to customers: their new card, and the question whether the address is really theirs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts.access.address_change import AddressChange, AddressLinks
from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.errors import AddressHeldElsewhere, LinkInvalid, TooManyRequests
from punchcard.accounts.mail.mail_messages import Mail
from punchcard.accounts.mail.mail_queue import MailQueue
from punchcard.accounts.models import Customer, User, Vendor
from punchcard.accounts.vocabulary import AddressOwner, VendorStatus
from punchcard.db.database import Database
from punchcard.db.unique import refusing_duplicates
from punchcard.kit.clock import Clock
from punchcard.kit.i18n import N_
from punchcard.kit.ids import CardId, CustomerId, VendorId
from punchcard.kit.security.request_domain import domain_vendor, is_elsewhere
from punchcard.loyalty.cards.contacts import confirmations
from punchcard.loyalty.cards.contacts.confirmations import CardsToMerge
from punchcard.loyalty.cards.links import CardLinks
from punchcard.loyalty.cards.merges.merge_offers import MergeOffers
from punchcard.loyalty.cards.person_proofs import holder
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.loyalty.rules.dated.notices import Ending
from punchcard.loyalty.vocabulary import CardStatus, ProgramType
from punchcard.loyalty.words import counted, ending_in_words

WalletLinksOf = Callable[[str, str], Mapping[str, str | None]]
"""From a card's token, and what links begin with, to `apple_link` and `google_link`."""

# A welcome that comes days late (the worker was off, mail was set up since) is not sent.
_WELCOME_WITHIN: Final = timedelta(days=1)
_EARLIER_CARDS: Final = 50


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """Whose address was confirmed: a customer's, a user's ("member") or an admin's.

    `merge_ticket` leads to where a customer puts two cards together: the address has one already.
    """

    kind: AddressOwner
    id: str
    vendor_id: VendorId | None
    email: str
    merge_ticket: str | None = None


class CustomerMail:
    """Writes to customers who told an address, and hears of those who confirm it.

    The worker asks for the mails, so anyone who enrols learns nothing: the answer comes before, and
    is the same whether the address is known, is pausing, or is not valid.
    """

    def __init__(
        self,
        *,
        database: Database,
        mail_queue: MailQueue,
        links: AddressLinks,
        address_change: AddressChange,
        clock: Clock,
        card_links: CardLinks,
        wallet_links: WalletLinksOf,
        merge_offers: MergeOffers,
    ) -> None:
        self._database = database
        self._mail_queue = mail_queue
        self._links = links
        self._address_change = address_change
        self._clock = clock
        self._card_links = card_links
        self._wallet_links = wallet_links
        self._merge_offers = merge_offers

    def welcome(self, card_id: CardId) -> None:
        """Leave a mail with the links of a new card and, until confirmed, the address's own.

        If the address has a card of the program already, the mail leads to that one, with what is
        on it: only who reads the mail learns of it, never who typed the address.
        """
        if not self._mail_queue.is_configured:
            return
        query = (
            select(LoyaltyCard, Customer, Vendor, LoyaltyProgram)
            .join(Customer, Customer.id == LoyaltyCard.customer_id)
            .join(Vendor, Vendor.id == LoyaltyCard.vendor_id)
            .join(LoyaltyProgram, LoyaltyProgram.id == LoyaltyCard.program_id)
            .where(LoyaltyCard.id == card_id)
        )
        with self._database.write() as session:
            row = session.execute(query).one_or_none()
            if row is None or row[0].enrolled_at < self._clock.now() - _WELCOME_WITHIN:
                return
            card, customer, vendor, program = row
            if not self._may_be_told(session, customer):
                return
            language = card.locale or customer.locale or vendor.language
            words = program.texts.get(language) or {}
            facts = {"program": words.get("card_name") or program.card_name}
            facts |= {"language": language, **self._card_facts(card)}
            kind = "customer_welcome"
            earlier = _earlier_card(session, card, customer)
            if earlier is not None:
                kind = "customer_has_card"
                facts |= {"balance": _balance(earlier, program, language)}
                facts |= {"new_link": facts.pop("card_link", ""), **self._card_facts(earlier)}
                facts = {name: value for name, value in facts.items() if value}
            self._leave(session, kind, customer, vendor, facts)

    def tell_of_ends(self, session: Session, card_id: CardId, ends: Sequence[Ending]) -> None:
        """Leave a mail that says what ends when on a card, in the caller's transaction.

        Only for an address that its holder, or the shop, has vouched for.
        """
        query = (
            select(LoyaltyCard, Customer, Vendor, LoyaltyProgram)
            .join(Customer, Customer.id == LoyaltyCard.customer_id)
            .join(Vendor, Vendor.id == LoyaltyCard.vendor_id)
            .join(LoyaltyProgram, LoyaltyProgram.id == LoyaltyCard.program_id)
            .where(LoyaltyCard.id == card_id)
        )
        row = session.execute(query).one_or_none() if self._mail_queue.is_configured else None
        if row is None:
            return
        card, customer, vendor, program = row
        is_vouched_for = customer.is_verified or customer.email_verified_at is not None
        if customer.email is None or not is_vouched_for:
            return
        if not self._mail_queue.has_room(session, vendor.id):
            # The plan's mails of this month are used up: the pass and the card's page tell it.
            return
        language = card.locale or customer.locale or vendor.language
        words = program.texts.get(language) or {}
        facts = {
            "shop": vendor.name,
            "program": words.get("card_name") or program.card_name,
            "ends": "; ".join(ending_in_words(*one, language=language) for one in ends),
            "name": customer.name or "",
            **self._card_facts(card),
        }
        facts = {name: value for name, value in facts.items() if value}
        mail = Mail(kind="points_ending", to=customer.email, language=language, facts=facts)
        self._mail_queue.enqueue(session, mail, of_vendor=vendor.id)

    def ask_to_confirm(self, customer_id: CustomerId) -> None:
        """Leave a mail that asks the customer to confirm an address they have not yet."""
        if not self._mail_queue.is_configured:
            return
        with self._database.write() as session:
            customer = session.get(Customer, customer_id)
            if customer is None or customer.email_verified_at is not None:
                return
            vendor = session.get_one(Vendor, customer.vendor_id)
            self._leave(session, "customer_address", customer, vendor, {})

    def confirm(self, session: Session, act: Act, token: str) -> Confirmed:
        """Believe that an address belongs to whom its link was sent for; twice is as once.

        Raises LinkInvalid, EmailTaken, AddressHeldElsewhere.
        """
        facts = self._links.read(token)
        if facts["kind"] == AddressOwner.CUSTOMER:
            customer: Customer | CardsToMerge
            if "change" in facts:
                change_id, email = str(facts["change"]), str(facts["email"])
                customer = confirmations.confirm(session, act, change_id, email)
            else:
                customer = _confirm_customer(session, act, facts)
            if isinstance(customer, CardsToMerge):
                return self._to_merge(session, act, customer, facts)
            return Confirmed(
                kind=AddressOwner.CUSTOMER,
                id=customer.id,
                vendor_id=customer.vendor_id,
                email=customer.email or "",
            )
        if domain_vendor.get() is not None:
            # A shop's own domain is for its customers: people sign in at the server's address.
            raise LinkInvalid
        person = self._address_change.confirm(session, act, facts)
        vendor_id = person.vendor_id if isinstance(person, User) else None
        return Confirmed(
            kind=AddressOwner(facts["kind"]), id=person.id, vendor_id=vendor_id, email=person.email
        )

    def _to_merge(
        self, session: Session, act: Act, cards: CardsToMerge, facts: Mapping[str, Any]
    ) -> Confirmed:
        offers, stays = self._merge_offers, session.get_one(LoyaltyCard, cards.card_id)
        by = replace(act, subject=holder(stays))
        offer = offers.make(session, by, card_id=cards.card_id, from_card_id=cards.from_card_id)
        return Confirmed(
            kind=AddressOwner.CUSTOMER,
            id=str(stays.customer_id),
            vendor_id=stays.vendor_id,
            email=str(facts["email"]),
            merge_ticket=offers.ticket(session, offer),
        )

    def _may_be_told(self, session: Session, customer: Customer) -> bool:
        """Count a mail to an address that only a stranger has vouched for; False above the bound.

        What one shop's joining causes is bounded, so that nobody spends its good name as a sender.
        """
        if customer.email is None or customer.is_verified or customer.email_verified_at is not None:
            return True
        try:
            self._mail_queue.count_enrolment(session, customer.vendor_id)
        except TooManyRequests:
            return False
        return True

    def _leave(
        self,
        session: Session,
        kind: str,
        customer: Customer,
        vendor: Vendor,
        facts: dict[str, str],
    ) -> None:
        if customer.email is None or vendor.status != VendorStatus.ACTIVE:
            return
        try:
            self._mail_queue.count(session, "customer", customer.email)
        except TooManyRequests:
            return
        language = facts.pop("language", None) or customer.locale or vendor.language
        facts |= {"shop": vendor.name, "timezone": vendor.timezone}
        # A name that a stranger typed is not put into a mail to someone else.
        if customer.name and (customer.is_verified or customer.email_verified_at is not None):
            facts["name"] = customer.name
        if customer.email_verified_at is None:
            facts |= self._links.facts(
                "customer", customer.id, customer.email, base=self._card_links.base_of(vendor.id)
            )
            if customer.marketing_consent:
                facts["wants_news"] = "yes"
        mail = Mail(kind=kind, to=customer.email, language=language, facts=facts)
        expires_at = self._clock.now() + self._links.life
        self._mail_queue.enqueue(session, mail, expires_at=expires_at, of_vendor=vendor.id)

    def _card_facts(self, card: LoyaltyCard) -> dict[str, str]:
        token = self._card_links.token(card.id, card.token_sealed)
        if token is None:
            return {}
        base = self._card_links.base_of(card.vendor_id)
        wallets = {name: link for name, link in self._wallet_links(token, base).items() if link}
        return {"card_link": self._card_links.address(token, card.vendor_id), **wallets}


def _earlier_card(session: Session, new: LoyaltyCard, customer: Customer) -> LoyaltyCard | None:
    """Return the card with most on it that the same address had before, in the same program.

    A customer who is verified comes before one whose address a stranger may have typed.
    """
    if customer.email is None:
        return None
    holders = select(LoyaltyCard, Customer.is_verified).join(
        Customer, Customer.id == LoyaltyCard.customer_id
    )
    found = session.execute(
        holders.where(
            Customer.vendor_id == new.vendor_id,
            Customer.email == customer.email,
            Customer.erased_at.is_(None),
            LoyaltyCard.program_id == new.program_id,
            LoyaltyCard.status == CardStatus.ACTIVE,
            LoyaltyCard.id < new.id,
        )
        .order_by(Customer.is_verified.desc(), LoyaltyCard.id.desc())
        .limit(_EARLIER_CARDS)
    ).all()
    most = max(
        found,
        key=lambda row: (row.is_verified, row[0].stamps + row[0].points, row[0].id),
        default=None,
    )
    return most[0] if most is not None and most[0].stamps + most[0].points > 0 else None


def _balance(card: LoyaltyCard, program: LoyaltyProgram, language: str) -> str:
    """Return what is on a card, in words: stamps, points or both."""
    told = []
    if program.type != ProgramType.POINTS:
        told.append(counted(card.stamps, N_("{n} stamp"), N_("{n} stamps"), language))
    if program.type != ProgramType.STAMPS:
        told.append(counted(card.points, N_("{n} point"), N_("{n} points"), language))
    return ", ".join(told)


def _confirm_customer(session: Session, act: Act, facts: Mapping[str, Any]) -> Customer:
    customer = session.get(Customer, facts["id"], with_for_update=True)
    if customer is None or customer.erased_at is not None or customer.email != facts["email"]:
        raise LinkInvalid
    if is_elsewhere(customer.vendor_id):
        raise LinkInvalid
    if customer.email_verified_at is not None:
        return customer
    with refusing_duplicates(session, AddressHeldElsewhere):
        _refuse_held_elsewhere(session, customer)
        customer.email_verified_at = customer.updated_at = act.now
        # The link proves the address, not a telephone number that was typed beside it.
        if customer.phone is None:
            customer.is_verified = True
    of = ("customer", customer.id)
    record_act(session, act, "customer.email_verified", of=of, vendor_id=customer.vendor_id)
    return customer


def _refuse_held_elsewhere(session: Session, customer: Customer) -> None:
    other = select(Customer.id).where(
        Customer.vendor_id == customer.vendor_id,
        Customer.email == customer.email,
        Customer.is_verified,
        Customer.erased_at.is_(None),
        Customer.id != customer.id,
    )
    if session.scalar(other) is not None:
        raise AddressHeldElsewhere
