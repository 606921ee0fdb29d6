"""What a card shows on a phone."""

from typing import Any

import pytest

from punchcard.kit.i18n import LANGUAGES
from punchcard.kit.ids import CardId
from punchcard.loyalty.rules.reward_rules import ReadyReward
from punchcard.loyalty.rules.stamps.milestone_rules import MilestoneView
from punchcard.loyalty.vocabulary import CardStatus, MilestoneState
from punchcard.wallets.pass_content import card_language, pass_content, pass_contents
from punchcard.wallets.pass_facts import CardFacts, MilestoneFacts, RewardFacts
from tests.wallets.facts import card, program


def test_stamp_card_shows_progress_and_what_is_missing() -> None:
    shown = pass_content(program(), card(stamps=7), "en")
    assert [field.value for field in shown.balances] == ["7/10"]
    assert shown.status.value == "3 stamps to go"
    assert shown.reward is not None
    assert shown.reward.value == "Coffee for free"
    assert shown.points is None


def test_ready_reward_is_told_and_the_balance_alone_speaks() -> None:
    shown = pass_content(program(), card(stamps=10, rewards_ready=1), "en")
    assert shown.is_reward_ready
    assert shown.status.value == "Ready to collect"
    assert shown.status.change_message is None
    assert shown.balances[0].change_message == "A reward is ready. Stamps: %@"


def test_points_card_saves_for_the_next_reward() -> None:
    offers = (
        RewardFacts(name="Roll", points_required=50),
        RewardFacts(name="Cake", points_required=200, texts={"fr": {"name": "Gâteau"}}),
    )
    shown = pass_content(program(type="points", rewards=offers), card(points=120), "fr")
    assert shown.reward is not None
    assert shown.reward.value == "Gâteau"
    assert shown.status.value == "Encore 80 points"
    assert shown.stamps is None


def test_hybrid_card_shows_both_balances() -> None:
    shown = pass_content(program(type="hybrid"), card(stamps=1, points=12), "de")
    assert [(field.label, field.value) for field in shown.balances] == [
        ("Stempel", "1/10"),
        ("Punkte", 12),
    ]


@pytest.mark.parametrize(
    ("language", "one", "several"),
    [
        ("en", "1 stamp to go", "2 stamps to go"),
        ("fr", "Encore 1 tampon", "Encore 2 tampons"),
        ("de", "Noch 1 Stempel", "Noch 2 Stempel"),
        ("lb", "Nach 1 Stempel", "Nach 2 Stempelen"),
    ],
)
def test_what_is_to_go_is_counted_as_the_language_does(
    language: Any, one: str, several: str
) -> None:
    assert pass_content(program(), card(stamps=9), language).status.value == one
    assert pass_content(program(), card(stamps=8), language).status.value == several


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_spoken(language: Any) -> None:
    shown = pass_contents(program(), card(language="fr"))
    assert next(iter(shown)) == "fr"
    assert set(shown) == set(LANGUAGES)
    assert shown[language].language == language


def test_shop_language_is_used_until_the_customer_chose_one() -> None:
    assert card_language(program(vendor_language="lb"), card(language=None)) == "lb"
    assert card_language(program(vendor_language="lb"), card(language="de")) == "de"


def test_shop_words_win_in_their_language() -> None:
    texts = {"fr": {"name": "Carte café", "terms_text": "Sans alcool."}}
    shown = pass_content(program(texts=texts), card(), "fr")
    assert shown.program_name == "Carte café"
    assert {field.key: field.value for field in shown.back}["terms"] == "Sans alcool."


def test_till_scans_and_people_read_the_number() -> None:
    barcode = pass_content(program(), card(), "en").barcode
    assert barcode is not None
    assert (barcode.kind, barcode.value, barcode.text) == ("qr", "123456789012", "1234 5678 9012")


def test_laser_scanners_get_bars_of_the_number() -> None:
    barcode = pass_content(program(branding={"barcode": "code128"}), card(), "en").barcode
    assert barcode is not None
    assert (barcode.kind, barcode.value) == ("code128", "123456789012")


@pytest.mark.parametrize("status", ["blocked", "replaced", "closed"])
def test_card_out_of_use_is_void_and_says_why(status: Any) -> None:
    shown = pass_content(program(), card(status=status, rewards_ready=1), "en")
    assert shown.is_void
    assert not shown.is_reward_ready
    assert "card" in str(shown.status.value)
    assert (shown.barcode is not None) == (status == "blocked")


def test_anonymous_card_names_nobody() -> None:
    assert pass_content(program(), card(customer_name=None), "en").customer is None


def test_facts_of_a_number_that_is_gone_have_no_code() -> None:
    gone = CardFacts(
        id=CardId("c"),
        number="123456789012",
        status=CardStatus.REPLACED,
        stamps=0,
        points=0,
        rewards_ready=0,
    )
    assert pass_content(program(), gone, "en").barcode is None


COOKIE = MilestoneFacts(at=3, name="A cookie", texts={"fr": {"name": "Un biscuit"}})
LADDER = program(
    milestones=(COOKIE, MilestoneFacts(at=6, name="A cake")),
    texts={"fr": {"reward_name": "Un café offert"}},
)


def lap(*states: str) -> tuple[MilestoneView, ...]:
    stages = zip((3, 6, 10), states, strict=True)
    return tuple(MilestoneView(at, MilestoneState(state)) for at, state in stages)


def test_a_card_with_rewards_on_the_way_tells_of_the_next_one() -> None:
    on_the_way = card(stamps=4, milestones=lap("claimed", "ahead", "ahead"))
    shown = pass_content(LADDER, on_the_way, "en")
    assert shown.reward is not None
    assert (shown.status.value, shown.reward.value) == ("2 stamps to go", "A cake")
    last = card(stamps=7, milestones=lap("claimed", "claimed", "ahead"))
    shown = pass_content(LADDER, last, "fr")
    assert shown.reward is not None
    assert (shown.status.value, shown.reward.value) == ("Encore 3 tampons", "Un café offert")


def test_a_reward_on_the_way_that_is_ready_is_called_by_its_own_name() -> None:
    ready = (ReadyReward(None, "A cookie", None, at=3),)
    holder = card(stamps=3, rewards_ready=1, ready=ready, milestones=lap("ready", "ahead", "ahead"))
    assert pass_content(LADDER, holder, "fr").ready_reward == "Un biscuit"
    assert pass_content(LADDER, holder, "de").ready_reward == "A cookie"
