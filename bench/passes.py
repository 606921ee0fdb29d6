"""Signed passes, beside the signatures that the same core makes, and beside other builders."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import count
from time import process_time
from typing import Final

from bench.figures import Figure, Goal, figure, middle
from bench.pass_peers import Ingredients, Peer, peers
from bench.workshop import Workshop
from punchcard.fakes.apple_chain import AppleChain, make_chain
from punchcard.kit.ids import CardId, ProgramId
from punchcard.loyalty.vocabulary import CardStatus, ProgramType
from punchcard.wallets.apple.pass_images import logo_files, strip_files
from punchcard.wallets.apple.pass_json import PassIdentity, text_files
from punchcard.wallets.apple.pass_texts import words_of
from punchcard.wallets.apple.pkpass import PassFile, build_pkpass
from punchcard.wallets.apple.signing import PassSigner
from punchcard.wallets.pass_content import for_holder
from punchcard.wallets.pass_facts import CardFacts, ProgramFacts
from punchcard.wallets.png import png_of
from punchcard.wallets.stamp_drawing import StampLook

_TARGET: Final = 10
_LOOK: Final = StampLook("#1f2937", "#f59e0b", "#ffffff")
_SIGN: Final = "openssl speed rsa2048, signatures a second"
_FIRSTS_A_ROUND: Final = 2


@dataclass(frozen=True)
class PassMill:
    """Makes passes of one program, each for another card, from facts to archive."""

    signer: PassSigner
    program: ProgramFacts
    logo: bytes

    def files(self, number: int) -> list[PassFile]:
        """Return the files of the pass of the card `number`."""
        card = _card(number)
        words = words_of(self.program, card)
        content = for_holder(words.content, self.program, card)
        identity = PassIdentity(
            pass_type_id=self.signer.pass_type_id,
            team_id=self.signer.team_id,
            serial_number=card.number,
            web_service_url="https://shop.example/api/v1/loyalty/apple",
            authentication_token=f"a token of sixteen characters {number}",
        )
        return [
            *text_files(content, words, identity),
            *logo_files(self.logo, _LOOK.background),
            *strip_files(card.stamps, _TARGET, _LOOK),
        ]

    def make(self, number: int) -> bytes:
        """Return the pass of the card `number`."""
        return build_pkpass(self.files(number), partial(self.signer.sign, at=datetime.now(UTC)))


def passes(workshop: Workshop) -> list[Figure]:
    """Measure passes on one core, in turn with OpenSSL and with other builders.

    All rates are a second of processor time, as OpenSSL counts them, too: neighbours take little
    of it.
    """
    chain = make_chain()
    mill = pass_mill(chain)
    numbers = count(1)
    rates: dict[str, list[float]] = {"own": [], "openssl": []}
    with peers(Ingredients(chain, mill.files(7))) as others:
        for _ in workshop.each_round("passes"):
            rates["own"].append(_rate(lambda: mill.make(next(numbers)), workshop.seconds))
            rates["openssl"].append(_openssl_signs(workshop.seconds))
            for peer in others:
                if peer.missing is None:
                    rates.setdefault(peer.name, []).append(peer.rate(workshop.seconds / 2))
    signs = middle(rates["openssl"])
    size = len(mill.make(7)) / 1000
    return [
        figure(
            "passes",
            middle(rates["own"]),
            f"passes a second of one core, {size:.0f} kB each",
            reference=_SIGN,
            reference_value=signs,
            goal=Goal("ratio", ">=", 0.65),
        ),
        *(_peer_figure(peer, rates.get(peer.name, []), signs) for peer in others),
    ]


def first_pass(workshop: Workshop) -> list[Figure]:
    """Measure the first pass of a process that has just started: keys, words and pictures."""
    took: list[float] = []
    bare: list[float] = []
    for _ in workshop.each_round("the first pass"):
        for _ in range(_FIRSTS_A_ROUND):
            took.append(_seconds_of("bench.first_pass"))
            bare.append(_seconds_of("bench.first_pass", "--imports-only"))
    return [
        figure(
            "first-pass",
            middle(took) * 1000,
            "ms from facts to a signed pass",
            reference="the imports before it, which the server has done by then",
            reference_value=middle(bare) * 1000,
        )
    ]


def make_first_pass() -> Callable[[], int]:
    """Return what makes a first pass as a server does: from a key still in PEM."""
    chain = make_chain()
    ingredients = (chain, _logo())

    def make() -> int:
        mill = pass_mill(ingredients[0], ingredients[1])
        return len(mill.make(7))

    return make


def pass_mill(chain: AppleChain, logo: bytes | None = None) -> PassMill:
    """Return what makes passes with the keys of `chain`."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(chain.key_pem.encode(), None)
    assert isinstance(key, RSAPrivateKey)
    signer = PassSigner(key, chain.holder[1], chain.intermediate[1])
    return PassMill(signer, _program(), logo or _logo())


def _program() -> ProgramFacts:
    terms = "One stamp for each coffee. The card has no value in money. " * 6
    return ProgramFacts(
        id=ProgramId("019cac1e-7b00-7000-8000-000000000001"),
        version=3,
        name="Carte café",
        card_name="Carte café",
        vendor_name="Café Alice",
        vendor_language="fr",
        type=ProgramType.STAMPS,
        stamps_target=_TARGET,
        stamp_reward={"name": "Un café offert", "description": "Un café de votre choix."},
        terms_text=terms,
        branding={
            "background_color": _LOOK.background,
            "accent_color": _LOOK.accent,
            "text_color": _LOOK.text,
        },
        texts={"en": {"name": "Coffee card"}, "de": {"name": "Kaffeekarte"}},
    )


def _card(number: int) -> CardFacts:
    token = f"{number:022}"
    return CardFacts(
        id=CardId(f"{number:036}"),
        number=f"{number:012}",
        status=CardStatus.ACTIVE,
        stamps=number % _TARGET,
        points=0,
        rewards_ready=0,
        token=token,
        url=f"https://shop.example/c/{token}",
        customer_name=f"Zoë {number}",
        language=("fr", "de", "lb", "en")[number % 4],
    )


def _logo() -> bytes:
    """Return a picture with as much in it as a shop's logo: with the strip, about 150 kB."""
    from PIL import Image

    return png_of(Image.effect_mandelbrot((480, 150), (-2, -1, 1, 1), 60).convert("RGBA"))


def _rate(make: Callable[[], object], seconds: float) -> float:
    """Return how often a second of processor time `make` is done."""
    for _ in range(4 * _TARGET):
        make()
    made, begun = 0, process_time()
    while (took := process_time() - begun) < seconds:
        make()
        made += 1
    return made / took


def _openssl_signs(seconds: float) -> float:
    whole = str(max(1, round(seconds)))
    command = ["openssl", "speed", "-mr", "-seconds", whole, "rsa2048"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"^\+F2:\d+:2048:([0-9.e+-]+):", said, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"openssl speed said nothing of rsa2048: {said!r}")
    rate = float(found[1])
    # Some versions tell the seconds of one instead.
    return rate if rate > 1 else 1 / rate


def _peer_figure(peer: Peer, rates: list[float], signs: float) -> Figure:
    if not rates:
        return figure(f"passes-{peer.name}", 0, f"passes: not measured, {peer.missing}")
    return figure(
        f"passes-{peer.name}",
        middle(rates),
        f"passes a second of one core, {peer.version}",
        reference=_SIGN,
        reference_value=signs,
    )


def _seconds_of(module: str, *arguments: str) -> float:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)
