"""What the server's mails say: sentences of the catalogues, and which facts go with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from punchcard.kit.i18n import N_


@dataclass(frozen=True, kw_only=True)
class Line:
    """One paragraph, or a link when `link` names the fact that holds its address.

    A line whose fact `only_with` is missing is left out. `block` names a fact of several lines
    that is shown below, exactly as it is.
    """

    sentence: str
    link: str | None = None
    is_main: bool = False
    only_with: str | None = None
    block: str | None = None


@dataclass(frozen=True, kw_only=True)
class MailText:
    """One kind of mail: its subject and its lines."""

    subject: str
    lines: tuple[Line, ...]


GREETING: Final = N_("Hello")
GREETING_BY_NAME: Final = N_("Hello {name}")

_ONCE = Line(sentence=N_("This link works once, until {expires_at}."))
_UNTIL = Line(sentence=N_("This link works until {expires_at}."))
_CONFIRM = N_("Confirm this address")
_WHY_CONFIRM = N_("Please confirm your address, so that the shop can find your card by it.")
_TO_THE_CARD: Final = (
    Line(sentence=N_("Open your card"), link="card_link", is_main=True, only_with="card_link"),
    Line(sentence=N_("Add to Apple Wallet"), link="apple_link", only_with="apple_link"),
    Line(sentence=N_("Add to Google Wallet"), link="google_link", only_with="google_link"),
)
_NO_CARD_ASKED_FOR: Final = Line(sentence=N_("If you did not ask for a card, do nothing."))
_NEWS = Line(
    sentence=N_("By confirming you also agree to get news from {shop} by e-mail."),
    only_with="wants_news",
)

_TO_THE_WEBHOOK: Final = (
    Line(
        sentence=N_(
            "Nothing is lost: once it works again, switch it on and send what it has missed."
        )
    ),
    Line(sentence=N_("Look at the webhook"), link="link", is_main=True),
)

WORDINGS: Final[Mapping[str, MailText]] = {
    "password_reset": MailText(
        subject=N_("Choose a new password"),
        lines=(
            Line(sentence=N_("Someone asked for a new password for this address.")),
            Line(sentence=N_("Choose a new password"), link="link", is_main=True),
            _ONCE,
            Line(sentence=N_("If this was not you, do nothing: your password stays as it is.")),
        ),
    ),
    "password_changed": MailText(
        subject=N_("Your password was changed"),
        lines=(
            Line(sentence=N_("You can sign in with your new password from now on.")),
            Line(sentence=N_("If this was not you, choose a new password at once.")),
        ),
    ),
    "guessed_at": MailText(
        subject=N_("Somebody is trying to sign in as you"),
        lines=(
            Line(
                sentence=N_(
                    "Somebody keeps typing wrong passwords for your account. They did not get in."
                )
            ),
            Line(
                sentence=N_(
                    "You can go on signing in with the browsers that you use: there we know you."
                )
            ),
            Line(sentence=N_("If it was you and you forgot the password, ask for a new one.")),
        ),
    ),
    "new_browser": MailText(
        subject=N_("You signed in with a new browser"),
        lines=(
            Line(
                sentence=N_(
                    "Someone signed in with your password, in a browser that we did not know yet."
                )
            ),
            Line(sentence=N_("It calls itself {browser}."), only_with="browser"),
            Line(
                sentence=N_(
                    "If this was not you, choose a new password at once: that signs out everybody"
                    " else."
                )
            ),
        ),
    ),
    "second_factor_added": MailText(
        subject=N_("Your account has a second factor now"),
        lines=(
            Line(sentence=N_("From now on signing in also asks for a code of your app.")),
            Line(sentence=N_("If this was not you, choose a new password at once.")),
        ),
    ),
    "passkey_added": MailText(
        subject=N_("Your account has a new passkey"),
        lines=(
            Line(sentence=N_("With it and your password one signs in from now on.")),
            Line(sentence=N_("If this was not you, choose a new password at once.")),
        ),
    ),
    "passkey_removed": MailText(
        subject=N_("A passkey of your account was removed"),
        lines=(
            Line(sentence=N_("It signs nobody in any more.")),
            Line(sentence=N_("If this was not you, choose a new password at once.")),
        ),
    ),
    "identity_linked": MailText(
        subject=N_("An account of another sign-in was linked to yours"),
        lines=(
            Line(sentence=N_("It signs you in from now on, without your password.")),
            Line(
                sentence=N_(
                    "If this was not you, remove it on the page of your account, and choose a new"
                    " password at once."
                )
            ),
        ),
    ),
    "identity_removed": MailText(
        subject=N_("An account of another sign-in is no longer linked to yours"),
        lines=(
            Line(sentence=N_("It signs nobody in any more.")),
            Line(sentence=N_("If this was not you, choose a new password at once.")),
        ),
    ),
    "second_factor_removed": MailText(
        subject=N_("Your second factor was removed"),
        lines=(
            Line(sentence=N_("From now on your password alone signs you in.")),
            Line(
                sentence=N_(
                    "If you did not ask for this, set one up again and choose a new password."
                )
            ),
        ),
    ),
    "invitation": MailText(
        subject=N_("Your access to {shop}"),
        lines=(
            Line(sentence=N_("You are now part of the team of {shop}.")),
            Line(sentence=N_("To sign in, first choose your password.")),
            Line(sentence=N_("Choose a password"), link="link", is_main=True),
            _ONCE,
        ),
    ),
    "new_address": MailText(
        subject=N_("Confirm your new address"),
        lines=(
            Line(sentence=N_("Please confirm that you want to sign in with this address.")),
            Line(sentence=_CONFIRM, link="link", is_main=True),
            _UNTIL,
            Line(sentence=N_("If this was not you, do nothing: nobody can sign in with it.")),
        ),
    ),
    "address_changed": MailText(
        subject=N_("Your address was changed"),
        lines=(
            Line(sentence=N_("From now on you sign in with another e-mail address.")),
            Line(
                sentence=N_("If this was not you, tell the operator of your shop's system at once.")
            ),
        ),
    ),
    "customer_welcome": MailText(
        subject=N_("Your card at {shop}"),
        lines=(
            Line(sentence=N_("Here is your card: {program}. Show it at every visit.")),
            *_TO_THE_CARD,
            Line(sentence=_WHY_CONFIRM, only_with="link"),
            _NEWS,
            Line(sentence=_CONFIRM, link="link", only_with="link"),
            _NO_CARD_ASKED_FOR,
        ),
    ),
    "customer_has_card": MailText(
        subject=N_("Your card at {shop}"),
        lines=(
            Line(sentence=N_("You already have a card here: {program}, with {balance}.")),
            *_TO_THE_CARD,
            Line(
                sentence=N_(
                    "Somebody has just taken a new, empty card with this address. If you want to"
                    " use that one instead, here it is."
                ),
                only_with="new_link",
            ),
            Line(sentence=N_("Open the new card"), link="new_link", only_with="new_link"),
            _NO_CARD_ASKED_FOR,
        ),
    ),
    "points_ending": MailText(
        subject=N_("Something on your card at {shop} soon ends"),
        lines=(
            Line(sentence=N_("On your card {program} you have: {ends}.")),
            Line(sentence=N_("Come by before then, and nothing of it is lost.")),
            *_TO_THE_CARD,
        ),
    ),
    "test_pass": MailText(
        subject=N_("A test pass for your iPhone: {program}"),
        lines=(
            Line(
                sentence=N_(
                    "Open the attached pass on an iPhone: it shows whether Apple Wallet takes the"
                    " cards of {shop}, and how they look."
                )
            ),
            Line(sentence=N_("It belongs to nobody and cannot be stamped. Remove it afterwards.")),
        ),
    ),
    "customer_proof": MailText(
        subject=N_("Your data at {shop}"),
        lines=(
            Line(
                sentence=N_(
                    "Somebody with the link to your card asked to see, take along or delete what"
                    " {shop} knows about you. Only with this link it goes on."
                )
            ),
            Line(sentence=N_("Open my data"), link="link", is_main=True),
            _UNTIL,
            Line(
                sentence=N_(
                    "If this was not you, do nothing, and let the shop give you a new card."
                )
            ),
        ),
    ),
    "customer_merge": MailText(
        subject=N_("Merge your cards at {shop}?"),
        lines=(
            Line(
                sentence=N_(
                    "Somebody who has another card of {program} wants to put yours together with"
                    " it. Only with this link it goes on."
                )
            ),
            Line(sentence=N_("Look at both cards"), link="link", is_main=True),
            _UNTIL,
            Line(
                sentence=N_(
                    "If the other card is not yours, do nothing: whoever has it could then use"
                    " what is on yours."
                )
            ),
        ),
    ),
    "customer_address": MailText(
        subject=N_("Confirm your address for {shop}"),
        lines=(
            Line(sentence=_WHY_CONFIRM),
            _NEWS,
            Line(sentence=_CONFIRM, link="link", is_main=True),
            _UNTIL,
            Line(sentence=N_("If you have no card at {shop}, do nothing.")),
        ),
    ),
    "contact_new": MailText(
        subject=N_("Confirm your new address for {shop}"),
        lines=(
            Line(
                sentence=N_(
                    "Somebody who has a card at {shop} wants to be reached at this address from now"
                    " on."
                )
            ),
            Line(sentence=_CONFIRM, link="link", is_main=True),
            _UNTIL,
            Line(
                sentence=N_(
                    "If this was not you, do nothing: the address then counts for nobody's card."
                )
            ),
        ),
    ),
    "contact_changed": MailText(
        subject=N_("Your contact details at {shop} were changed"),
        lines=(
            Line(
                sentence=N_(
                    "From now on other contact details count for your card at {shop}. If that was"
                    " you, there is nothing to do."
                )
            ),
            Line(
                sentence=N_("If it was not you, put the old ones back:"),
                only_with="link",
            ),
            Line(
                sentence=N_("Put my old contact details back"),
                link="link",
                is_main=True,
                only_with="link",
            ),
            Line(sentence=_UNTIL.sentence, only_with="link"),
            Line(
                sentence=N_("If it was not you, tell the shop."),
                only_with="ask_shop",
            ),
        ),
    ),
    "domain_failing": MailText(
        subject=N_("{domain} no longer shows that it is yours"),
        lines=(
            Line(
                sentence=N_(
                    "We look every day whether the domain {domain} still belongs to your shop. The"
                    " record that shows it is gone."
                )
            ),
            Line(
                sentence=N_(
                    "Unless it is back by {expires_at}, your cards and posters that lead to this"
                    " domain will stop working. Links at the server’s own address go on."
                )
            ),
            Line(sentence=N_("Look at your domain"), link="link", is_main=True),
        ),
    ),
    "webhook_failing": MailText(
        subject=N_("A webhook was switched off"),
        lines=(
            Line(
                sentence=N_(
                    "What happens at {shop} could not be sent to {endpoint} for several days, so"
                    " we stopped trying."
                )
            ),
            *_TO_THE_WEBHOOK,
        ),
    ),
    "webhook_gone": MailText(
        subject=N_("A webhook was switched off"),
        lines=(
            Line(
                sentence=N_(
                    "{endpoint} answered that it wants to hear no more of what happens at {shop},"
                    " so we stopped sending."
                )
            ),
            *_TO_THE_WEBHOOK,
        ),
    ),
    "checkpoint": MailText(
        subject=N_("Checkpoint of {origin}: {entries} entries"),
        lines=(
            Line(
                sentence=N_(
                    "Keep this mail: with it anybody can show later whether an entry of before was"
                    " changed or taken away."
                ),
                block="note",
            ),
            Line(
                sentence=N_(
                    "To check, save the lines above as a file and run: punchcard ledger verify"
                    " --against FILE"
                )
            ),
        ),
    ),
}
"""Every kind of mail by its name."""
