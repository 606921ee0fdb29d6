"""Pushes over real HTTP/2 with client certificates, and every way the service says no."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from punchcard.fakes.apns import Apns, Script, served_apns
from punchcard.fakes.apple_chain import PASS_TYPE, AppleChain, make_chain
from punchcard.wallets.apple.apns import ApnsClient
from punchcard.wallets.apple.signing import PassSigner

TOKENS = [f"{number:064x}" for number in range(300)]


def client_of(
    apns: Apns, chain: AppleChain, signer: PassSigner, *, topic: str = PASS_TYPE
) -> ApnsClient:
    tls = signer.client_context(chain.root_pem)
    return ApnsClient(apns.url, topic=topic, tls=tls, timeout_seconds=2)


@contextmanager
def idle_client(
    apns: Apns, chain: AppleChain, signer: PassSigner
) -> Iterator[tuple[ApnsClient, Callable[[float], None]]]:
    """Push as the operator; the second function lets seconds pass."""
    passed = [0.0]
    client = ApnsClient(
        apns.url,
        topic=PASS_TYPE,
        tls=signer.client_context(chain.root_pem),
        timeout_seconds=1,
        stopwatch=lambda: time.monotonic() + sum(passed),
    )
    yield client, passed.append
    client.close()


@pytest.fixture
def client(apns: Apns, chain: AppleChain, signer: PassSigner) -> Iterator[ApnsClient]:
    """Push as the operator."""
    opened = client_of(apns, chain, signer)
    yield opened
    opened.close()


def test_many_pushes_go_over_one_connection(client: ApnsClient, apns: Apns) -> None:
    results = client.push(TOKENS)
    assert [result.push_token for result in results] == TOKENS
    assert {result.verdict for result in results} == {"taken"}
    assert sorted(apns.pushes) == TOKENS
    client.push(TOKENS[:1])
    assert apns.connections == 1
    assert apns.refused == 0, "the first push goes alone, until more are allowed"


def test_push_is_empty_and_names_the_pass_type(client: ApnsClient, apns: Apns) -> None:
    client.push(TOKENS[:1])
    (headers,) = apns.requests
    assert headers[":method"] == "POST"
    assert headers[":path"] == f"/3/device/{TOKENS[0]}"
    assert headers["apns-topic"] == PASS_TYPE


def test_each_refusal_has_its_consequence(client: ApnsClient, apns: Apns) -> None:
    said = {
        "gone": (410, "Unregistered", {"timestamp": 1_700_000_000_000}),
        "bad": (400, "BadDeviceToken", {}),
        "topic": (400, "DeviceTokenNotForTopic", {}),
        "certificate": (403, "BadCertificate", {}),
        "often": (429, "TooManyRequests", {}),
        "away": (503, "ServiceUnavailable", {}),
    }
    apns.script.answers = {token: [answer] for token, answer in said.items()}
    apns.script.retry_after = "7"
    results = {result.push_token: result for result in client.push([*said, "fine"])}
    assert {token: result.verdict for token, result in results.items()} == {
        "gone": "gone",
        "bad": "bad_token",
        "topic": "stopped",
        "certificate": "stopped",
        "often": "retry",
        "away": "retry",
        "fine": "taken",
    }
    assert results["gone"].gone_since == 1_700_000_000_000
    assert results["often"].retry_after == 7


@pytest.mark.parametrize("fate", ["refused", "reset"])
def test_refused_streams_are_sent_again(client: ApnsClient, apns: Apns, fate: str) -> None:
    client.push(TOKENS[:1])
    setattr(apns.script, fate, set(TOKENS[5:9]))
    assert {result.verdict for result in client.push(TOKENS)} == {"taken"}
    assert set(apns.pushes) == set(TOKENS)
    assert apns.connections == 1


def test_stream_limit_of_the_service_is_kept_to(chain: AppleChain, signer: PassSigner) -> None:
    with served_apns(chain, Script(streams_later=3)) as apns:
        client = client_of(apns, chain, signer)
        assert {result.verdict for result in client.push(TOKENS)} == {"taken"}
        client.close()
        assert (apns.connections, apns.refused) == (1, 0)


def test_idle_connection_that_still_answers_is_used_again(
    apns: Apns, chain: AppleChain, signer: PassSigner
) -> None:
    with idle_client(apns, chain, signer) as (client, wait):
        client.push(TOKENS[:1])
        wait(3600)
        assert [result.verdict for result in client.push(TOKENS[:5])] == ["taken"] * 5
        assert apns.connections == 1


def test_idle_connection_that_died_without_a_word_is_left(
    apns: Apns, chain: AppleChain, signer: PassSigner
) -> None:
    with idle_client(apns, chain, signer) as (client, wait):
        client.push(TOKENS[:1])
        apns.deaf |= apns.transports
        wait(61)
        assert [result.verdict for result in client.push(TOKENS[:5])] == ["taken"] * 5
        assert apns.connections == 2


def test_service_that_says_goodbye_after_each_push_is_followed(
    chain: AppleChain, signer: PassSigner
) -> None:
    with served_apns(chain, Script(goaway_after=1)) as apns:
        client = client_of(apns, chain, signer)
        for token in TOKENS[:4]:
            assert [result.verdict for result in client.push([token])] == ["taken"]
        client.close()
        assert apns.pushes == TOKENS[:4]


@pytest.mark.parametrize("script", [Script(goaway_after=40), Script(drop_after=40)])
def test_goodbyes_and_broken_connections_lose_nothing(
    chain: AppleChain, signer: PassSigner, script: Script
) -> None:
    with served_apns(chain, script) as apns:
        client = client_of(apns, chain, signer)
        results = client.push(TOKENS)
        client.close()
        assert {result.verdict for result in results} == {"taken"}
        assert set(apns.pushes) == set(TOKENS)
        assert apns.connections >= 7


def test_goodbye_sends_nothing_twice(chain: AppleChain, signer: PassSigner) -> None:
    with served_apns(chain, Script(goaway_after=40)) as apns:
        client = client_of(apns, chain, signer)
        client.push(TOKENS)
        client.close()
        assert len(apns.pushes) == len(TOKENS)


def test_push_without_an_answer_is_given_up_and_others_are_not_held_up(
    chain: AppleChain, signer: PassSigner, apns: Apns
) -> None:
    apns.script.silent = {TOKENS[3]}
    tls = signer.client_context(chain.root_pem)
    client = ApnsClient(apns.url, topic=PASS_TYPE, tls=tls, timeout_seconds=0.1)
    results = client.push(TOKENS[:20])
    client.close()
    late = [result for result in results if result.verdict != "taken"]
    assert [(result.push_token, result.verdict, result.reason) for result in late] == [
        (TOKENS[3], "retry", "Timeout")
    ]


def test_service_that_is_away_is_tried_again_later(chain: AppleChain, signer: PassSigner) -> None:
    with served_apns(chain) as apns:
        client = client_of(apns, chain, signer)
        client.push(TOKENS[:1])
    results = client.push(TOKENS[:3])
    client.close()
    assert [result.verdict for result in results] == ["retry"] * 3


def test_certificate_of_somebody_else_stops_the_pushes(chain: AppleChain, apns: Apns) -> None:
    stranger = make_chain()
    signer = PassSigner(stranger.holder[0], stranger.holder[1], stranger.intermediate[1])
    client = client_of(apns, chain, signer)
    (result,) = client.push(TOKENS[:1])
    client.close()
    assert result.verdict == "stopped"
    assert apns.pushes == []


def test_pass_type_of_somebody_else_stops_the_pushes(
    chain: AppleChain, signer: PassSigner, apns: Apns
) -> None:
    client = client_of(apns, chain, signer, topic="pass.other")
    (result,) = client.push(TOKENS[:1])
    client.close()
    assert (result.verdict, result.reason) == ("stopped", "TopicDisallowed")
