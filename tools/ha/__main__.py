"""`python -m tools.ha`: see `make ha-test`."""

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tools.ha import checker, packages
from tools.ha.clients import Clients, open_shop
from tools.ha.cluster import TTL_SECONDS, Cluster, open_disks
from tools.ha.hosts import open_lab
from tools.ha.scenarios import GOAL_SECONDS, SCENARIOS, Outcome, play
from tools.ha.servers import Server

_EMAIL = "alice@cafe.example"
_PASSWORD = "a password of the cluster"  # noqa: S105 - of a network that leads nowhere
_HOSTS = ("one", "two", "three", "left", "right")


def main() -> int:
    """Play every scenario so many rounds; returns 1 when a stamp was lost, doubled or wrong."""
    parser = argparse.ArgumentParser(prog="tools.ha", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--only", default="", help="words of a scenario's name")
    parser.add_argument("--ttl", type=int, default=TTL_SECONDS, help="of Patroni, in seconds")
    parser.add_argument("--keep", action="store_true", help="keep the folder with all logs")
    asked = parser.parse_args()
    if lacking := packages.missing():
        print(f"Not found: {', '.join(lacking)}. Debian: apt install patroni etcd-server iproute2")
        return 1
    if os.geteuid() != 0:
        print("Hosts of its own need root: sudo make ha-test")
        return 1
    folder = Path(tempfile.mkdtemp(prefix="punchcard-ha-"))
    folder.chmod(0o755)
    try:
        return _run(folder, asked)
    finally:
        if asked.keep:
            print(f"Logs: {folder}")
        else:
            shutil.rmtree(folder)


def _run(folder: Path, asked: argparse.Namespace) -> int:
    with open_disks(folder, _HOSTS[:3]), open_lab(_HOSTS) as hosts:
        cluster = Cluster([hosts[name] for name in _HOSTS[:3]], folder, ttl_seconds=asked.ttl)
        cluster.start()
        servers = [Server(hosts[name], cluster.address, folder) for name in _HOSTS[3:]]
        token, cards = _open(servers)
        addresses = [server.address for server in servers]
        clients = Clients(addresses, token, cards, asked.clients)
        clients.start()
        try:
            outcomes = _play(asked, cluster, clients)
        finally:
            clients.stop()
        with cluster.read() as connection:
            faults = [*clients.faults, *checker.faults_of(connection, clients.journal)]
    return _tell(outcomes, clients, faults)


def _open(servers: list[Server]) -> tuple[str, list[str]]:
    first = servers[0]
    first.command("migrate")
    shop = ("--name", "Café Alice", "--slug", "cafe-alice", "--email", _EMAIL)
    where = ("--currency", "EUR", "--timezone", "Europe/Luxembourg")
    first.command("vendor", "create", *shop, *where, "--password", _PASSWORD)
    for server in servers:
        server.start()
    return open_shop(first.address, _EMAIL, _PASSWORD)


def _play(asked: argparse.Namespace, cluster: Cluster, clients: Clients) -> list[Outcome]:
    outcomes = []
    for number in range(1, asked.rounds + 1):
        for scenario in SCENARIOS:
            if asked.only in scenario.name:
                began = time.monotonic()
                outcome = play(scenario, cluster, clients)
                outcomes.append(outcome)
                print(
                    f"  round {number}: {outcome.name}: waited {outcome.longest_seconds:.1f} s at"
                    f" most, {outcome.operations} operations, primary is {outcome.primary} now,"
                    f" the old one {'came back' if outcome.came_back else 'was set up anew'}"
                    f" ({time.monotonic() - began:.0f} s)",
                    flush=True,
                )
    return outcomes


def _tell(outcomes: list[Outcome], clients: Clients, faults: list[str]) -> int:
    answered = [told for told in clients.journal if told.entry]
    again = sum(told.attempts > 1 for told in answered)
    print(f"\n{'what happened':<32}{'longest wait':>14}{'nobody answered':>18}{'goal':>8}")
    for name in dict.fromkeys(outcome.name for outcome in outcomes):
        same = [outcome for outcome in outcomes if outcome.name == name]
        longest = max(outcome.longest_seconds for outcome in same)
        gap = max(outcome.gap_seconds for outcome in same)
        verdict = "kept" if all(outcome.is_within_goal for outcome in same) else "missed"
        print(f"{name:<32}{longest:>12.1f} s{gap:>16.1f} s{verdict:>8}")
    print(
        f"\n{len(answered):,} operations answered, {again} of them only after another attempt;"
        f" goal: nobody waits for more than {GOAL_SECONDS:.0f} s.\n"
        f"Lost, doubled or wrong: {len(faults)}"
    )
    for fault in faults:
        print(f"  {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
