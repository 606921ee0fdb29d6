"""Pushes to phones over one connection, to a service on this machine that takes them all.

The service is Node's own HTTP/2 (`push_service.js`), quicker than our stand-in and none of our
making. It works as hard as the client, so both shares of the processor are told.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Final

from bench.figures import Figure, Goal, figure, middle
from bench.processes import cpu_seconds
from bench.workshop import Workshop
from punchcard.fakes.apple_chain import PASS_TYPE, AppleChain, make_chain
from punchcard.kit.settings import load_settings
from punchcard.wallets.apple.apns import ApnsClient
from punchcard.wallets.apple.signing import PassSigner

_SERVICE: Final = Path(__file__).parent / "push_service.js"
_PUSHES_A_TURN: Final = 10_000
_WARM_UP: Final = 1_000
_LEAST: Final = Goal("value", ">=", 10_000)


@dataclass
class _Rates:
    """Pushes a second of one round: by the clock, of the client's core, of the service's."""

    clock: float
    client: float
    service: float


def pushes(workshop: Workshop) -> list[Figure]:
    """Measure pushes by the clock and by the processor time of the client."""
    node = shutil.which("node")
    if node is None:
        return [figure("pushes", 0, "pushes: not measured, there is no node to play the service")]
    chain = make_chain()
    rounds: list[_Rates] = []
    with push_service(node, chain) as (port, pid):
        for number in workshop.each_round("pushes"):
            client = _client(chain, port)
            rounds.append(_round(client, pid, workshop.seconds, number))
            client.close()
    return [
        figure(
            "pushes",
            middle([one.clock for one in rounds]),
            "pushes/s, one connection",
            reference="what one core of the service on the same machine can take",
            reference_value=middle([one.service for one in rounds]),
            goal=_LEAST,
        ),
        figure(
            "pushes-core",
            middle([one.client for one in rounds]),
            "pushes a second of one core of the client",
            goal=_LEAST,
        ),
    ]


def _client(chain: AppleChain, port: int) -> ApnsClient:
    signer = PassSigner(chain.holder[0], chain.holder[1], chain.intermediate[1])
    return ApnsClient(
        f"https://127.0.0.1:{port}",
        topic=PASS_TYPE,
        tls=signer.client_context(chain.root_pem),
        parallel_limit=load_settings({}).apple_push_parallel_limit,
    )


def _round(client: ApnsClient, pid: int, seconds: float, number: int) -> _Rates:
    _push(client, _WARM_UP, number)
    clock, own, others, sent = perf_counter(), process_time(), cpu_seconds(pid), 0
    while perf_counter() - clock < seconds:
        _push(client, _PUSHES_A_TURN, sent)
        sent += _PUSHES_A_TURN
    return _Rates(
        sent / (perf_counter() - clock),
        sent / (process_time() - own),
        sent / max(cpu_seconds(pid) - others, 0.01),
    )


def _push(client: ApnsClient, number: int, first: int) -> None:
    tokens = [f"{first + place:064x}" for place in range(number)]
    if {result.verdict for result in client.push(tokens)} != {"taken"}:
        raise RuntimeError("a push was not taken")


@contextmanager
def push_service(node: str, chain: AppleChain) -> Iterator[tuple[int, int]]:
    """Run the service; gives its port and its process."""
    pipe = subprocess.PIPE
    with subprocess.Popen([node, str(_SERVICE)], stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            given = {"certificate": chain.server_pem, "root": chain.root_pem}
            process.stdin.write(json.dumps(given))
            process.stdin.close()
            yield int(process.stdout.readline()), process.pid
        finally:
            process.kill()
