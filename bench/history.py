"""Long histories for the read benches: cards copied in, entries made by the database itself."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg import sql

from bench.codes import card_number, card_token
from bench.shop import Shop
from punchcard.context import Context
from punchcard.kit.secrets import hash_token

ENTRIES_A_CARD = 10
DAYS = 730
_ZONE = "Europe/Luxembourg"
_DAY_MS = 86_400_000
_STATEMENTS = Path(__file__).with_name("history.sql")
_TABLES = ("loyalty_transactions", "loyalty_cards")
_CARD_COLUMNS = (
    "id",
    "vendor_id",
    "program_id",
    "number",
    "token_hash",
    "token_sealed",
    "status",
    "stamps",
    "points",
    "points_carry",
    "lifetime_stamps",
    "lifetime_points",
    "lifetime_rewards",
    "stamps_on_day",
    "is_welcome_due",
    "sequence",
    "head_hash",
    "enrolled_at",
    "last_activity_at",
    "updated_at",
)


class History:
    """A shop's ledger of `entries` entries over the last two years, ten for each card."""

    def __init__(self, database_url: str, context: Context, shop: Shop, entries: int) -> None:
        self.cards = entries // ENTRIES_A_CARD
        self._url = database_url
        self._context = context
        self._shop = shop
        self._entries = entries
        now_ms = int(context.clock.now().timestamp() * 1000)
        self._first_ms = now_ms - DAYS * _DAY_MS

    def card_id(self, number: int) -> str:
        """Return the id of card `number`, counted from 1; history.sql makes the same."""
        return _uuid(self._first_ms + number - 1, number - 1)

    def write(self) -> None:
        """Write it all without foreign keys, triggers and indexes, then build the indexes."""
        with psycopg.connect(self._url) as connection:
            # A replica's session leaves triggers and foreign keys alone.
            connection.execute("SET session_replication_role = replica")
            connection.execute("SET maintenance_work_mem = '512MB'")
            definitions = drop_indexes(connection)
            self._copy_cards(connection)
            for statement in self._statements(connection):
                connection.execute(statement)
            for definition in definitions:
                connection.execute(definition)
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")

    def _statements(self, connection: psycopg.Connection) -> Iterator[bytes]:
        """Give the statements with their values written in: they are run once."""
        values = {
            "vendor": self._shop.vendor_id,
            "program": self._shop.program_id,
            "api_key": self._shop.api_key_id,
            "cards": self.cards,
            "first_ms": self._first_ms,
            "span_ms": DAYS * _DAY_MS,
            "entries": self._entries,
            "each": ENTRIES_A_CARD,
            "zone": _ZONE,
        }
        with psycopg.ClientCursor(connection) as cursor:
            for statement in _STATEMENTS.read_text(encoding="utf-8").split(";"):
                yield cursor.mogrify(statement, values).encode()

    def _copy_cards(self, connection: psycopg.Connection) -> None:
        names = sql.SQL(", ").join(map(sql.Identifier, _CARD_COLUMNS))
        statement = sql.SQL("COPY loyalty_cards ({}) FROM STDIN").format(names)
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for number in range(1, self.cards + 1):
                copy.write_row(self._card(number))

    def _card(self, number: int) -> Sequence[object]:
        card_id, token, stamps = self.card_id(number), card_token(number), ENTRIES_A_CARD - 1
        opened_at = datetime.fromtimestamp(self._first_ms / 1000, UTC)
        sealed = self._context.loyalty.card_sealer.seal(token.encode(), card_id)
        return (
            card_id,
            self._shop.vendor_id,
            self._shop.program_id,
            card_number(number),
            hash_token(token),
            sealed,
            "active",
            stamps,
            0,
            0,
            stamps,
            0,
            0,
            0,
            False,
            ENTRIES_A_CARD,
            bytes(32),
            opened_at,
            self._context.clock.now(),
            opened_at,
        )


def drop_indexes(connection: psycopg.Connection) -> list[bytes]:
    """Drop what is not a constraint's, and return the statements that make it again."""
    rows = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s)"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = indexname)",
        (list(_TABLES),),
    ).fetchall()
    for name, _ in rows:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    return [definition.encode() for _, definition in rows]


def _uuid(milliseconds: int, number: int) -> str:
    return str(UUID(int=milliseconds << 80 | 7 << 76 | 8 << 60 | number))
