"""What is on, what was given, and which points end or wait: on passes, without waking a phone."""

from dataclasses import replace
from datetime import date

from punchcard.kit.ids import RewardId
from punchcard.loyalty.rules.reward_rules import ReadyReward
from punchcard.loyalty.vocabulary import CardStatus
from punchcard.wallets.apple.pass_texts import places_of, words_of
from punchcard.wallets.pass_content import pass_content
from punchcard.wallets.pass_facts import GivenFacts, RunningPromotion
from tests.wallets import facts

HAPPY_HOUR = RunningPromotion(
    name="Happy hour",
    effect={"kind": "multiply", "factor": "2.000"},
    windows=({"weekdays": [2], "from": "16:00", "to": "18:00"},),
    texts={"fr": {"name": "Heure heureuse"}},
)
CAKE = GivenFacts(
    name="A cake",
    code="7K3M9QX2VD",
    expires_on=date(2026, 4, 30),
    texts={"de": {"name": "Ein Kuchen"}},
)


def test_a_pass_tells_what_is_on_and_what_of_the_card_ends_waits_or_was_given() -> None:
    program = facts.program(promotions=(HAPPY_HOUR,))
    card = facts.card(ending=(25, date(2026, 12, 31)), points_pending=12, given=(CAKE,))
    news = pass_content(program, card, "en").news
    assert {one.key: one.value for one in news} == {
        "promotion": "Happy hour: Double points, Tuesdays from 16:00 to 18:00",
        "given": "A cake (code 7K3M9-QX2VD), until 30 Apr 2026",
        "ending": "25 points on 31 Dec 2026",
        "pending": "12 points that can be spent soon",
    }
    # None of it is told by a notice: only a balance speaks.
    assert all(one.change_message is None for one in news)


def test_each_language_reads_its_own_words() -> None:
    program, card = facts.program(promotions=(HAPPY_HOUR,)), facts.card(given=(CAKE,))
    french, german = (pass_content(program, card, language).news for language in ("fr", "de"))
    assert str(french[0].value).startswith("Heure heureuse")
    assert str(french[0].value).endswith("Points doublés, le mardi de 16:00 à 18:00")
    assert german[1].value == "Ein Kuchen (Code 7K3M9-QX2VD), bis 30.04.2026"


def test_a_card_that_cannot_be_used_tells_no_news() -> None:
    program = facts.program(promotions=(HAPPY_HOUR,))
    blocked = facts.card(status=CardStatus.BLOCKED, given=(CAKE,))
    assert pass_content(program, blocked, "en").news == ()


def test_apple_writes_the_news_on_the_back_and_another_cards_code_on_no_pass() -> None:
    program = facts.program(promotions=(HAPPY_HOUR,))
    card = facts.card(given=(CAKE,))
    other = replace(card, given=(replace(CAKE, code="0000000000"),))
    back = places_of(pass_content(program, card, "en"))["backFields"]
    assert [one.key for one in back[:2]] == ["promotion", "given"]
    assert words_of(program, card).keys != words_of(program, other).keys


def test_stamps_that_end_are_told_like_points() -> None:
    card = facts.card(stamps=3, ending_stamps=(2, date(2026, 12, 31)))
    told = {
        language: pass_content(facts.program(), card, language).news[0].value
        for language in ("en", "de", "fr", "lb")
    }
    assert told["en"] == "2 stamps on 31 Dec 2026"
    assert len(set(told.values())) == 4


def test_a_given_reward_that_points_do_not_buy_is_named_in_each_language() -> None:
    """It is none of the program's rewards, whose names the pass knows."""
    ready = ReadyReward(RewardId("r1"), CAKE.name, None, grant_id="g1")
    card = facts.card(given=(replace(CAKE, id="g1"),), ready=(ready,), rewards_ready=1)
    german = pass_content(facts.program(), card, "de")
    assert german.ready_reward == "Ein Kuchen"
    assert pass_content(facts.program(), card, "fr").ready_reward == "A cake"
