"""pgbench, PostgreSQL's own load generator, calling the one function that is the reference."""

import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.shop import Shop
from tools.postgresql import PROGRAMS

FUNCTION = Path(__file__).with_name("stamp_function.sql")
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
_LATENCY = re.compile(r"^latency average = ([0-9.]+) ms", re.MULTILINE)
_DONE = re.compile(r"^number of transactions actually processed: (\d+)", re.MULTILINE)


@dataclass(frozen=True)
class PgbenchResult:
    """What pgbench says of one round."""

    stamps: int
    per_second: float
    latency_ms: float


class Pgbench:
    """Stamps random cards of a database through the function, prepared once a client."""

    def __init__(self, database_url: str, shop: Shop, cards: int) -> None:
        self._url = database_url
        self._shop = shop
        self._cards = cards

    def install(self) -> None:
        """Create the function."""
        with psycopg.connect(self._url) as connection:
            connection.execute(FUNCTION.read_bytes())

    def waits_ms(self, seconds: float, clients: int) -> list[float]:
        """Let them run as `run` does and return how long each stamp took, in milliseconds.

        The line that pgbench writes for each stamp costs it a little of what is measured.
        """
        with tempfile.TemporaryDirectory() as folder:
            self.run(seconds, clients, more=("--log", f"--log-prefix={folder}/waits"))
            lines = [line for file in Path(folder).iterdir() for line in file.open()]
        # Client, number, and the time it took in microseconds.
        return [int(line.split()[2]) / 1000 for line in lines]

    def run(
        self, seconds: float, clients: int, *, counts: bool = True, more: Sequence[str] = ()
    ) -> PgbenchResult:
        """Let them run for whole seconds, at least one; with or without the daily rollup."""
        script = (
            f"\\set card random(1, {self._cards})\n"
            f"SELECT bench_stamp(:vendor, :api_key, :pin, :card, {counts});\n"
        )
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(script)
            file.flush()
            done = subprocess.run(
                [
                    *self._command(clients),
                    *more,
                    "-T",
                    str(max(1, round(seconds))),
                    "-f",
                    file.name,
                    self._url,
                ],
                check=False,
                capture_output=True,
                text=True,
            )
        if done.returncode:
            raise RuntimeError(f"pgbench failed:\n{done.stderr[-2000:]}")
        told = done.stdout
        return PgbenchResult(
            int(_found(_DONE, told)), float(_found(_TPS, told)), float(_found(_LATENCY, told))
        )

    def _command(self, clients: int) -> list[str]:
        variables = {
            "vendor": self._shop.vendor_id,
            "api_key": self._shop.api_key_id,
            "pin": self._shop.pin_id,
        }
        program = PROGRAMS / "pgbench"
        load = ["-n", "-M", "prepared", "-c", str(clients), "-j", "2"]
        defined = [f"--define={name}={value}" for name, value in variables.items()]
        return [str(program), *load, *defined]


def _found(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    if found is None:
        raise RuntimeError(f"pgbench said something else than expected:\n{text}")
    return found[1]
