"""A loyalty server in the ordinary style, to stand beside ours: run by bench/ordinary.py.

FastAPI, SQLAlchemy's ORM, one unit of work a request; a PIN is tried on each member of staff, one
bcrypt each, until one fits. It answers the same request as ours and promises as much: the key in
the request counts once, the card is locked, the answer waits for the commit. It keeps no chain of
hashes, no outbox, no copy of its answers, and so does less than ours.

    python bench/peers/ordinary_server.py postgresql+psycopg://... PORT
"""

import hashlib
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Final

import bcrypt
import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel
from sqlalchemy import Engine, ForeignKey, UniqueConstraint, create_engine, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

API_KEY: Final = "ordinary"
STAFF_TOKEN: Final = "signed-in"  # noqa: S105 guards nothing
_CONNECTIONS: Final = 20
_CARDS_AT_ONCE: Final = 10_000
_DAILY_STAMPS: Final = 50


class Base(DeclarativeBase):
    """The tables of this server."""


class Vendor(Base):
    """A shop, with what it allows on a day."""

    __tablename__ = "vendors"
    id: Mapped[int] = mapped_column(primary_key=True)
    api_key_hash: Mapped[str] = mapped_column(unique=True)
    stamps_target: Mapped[int]
    max_daily_stamps: Mapped[int]
    staff: Mapped[list["Staff"]] = relationship(order_by="Staff.id")


class Staff(Base):
    """Someone at the till."""

    __tablename__ = "staff"
    id: Mapped[int] = mapped_column(primary_key=True)
    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendors.id"), index=True)
    pin_hash: Mapped[str]
    token_hash: Mapped[str | None] = mapped_column(unique=True)


class Card(Base):
    """A customer's card."""

    __tablename__ = "cards"
    id: Mapped[int] = mapped_column(primary_key=True)
    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendors.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    stamps: Mapped[int]
    stamps_day: Mapped[date | None]
    stamps_on_day: Mapped[int]


class Transaction(Base):
    """One stamp."""

    __tablename__ = "transactions"
    __table_args__ = (UniqueConstraint("vendor_id", "idempotency_key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendors.id"))
    card_id: Mapped[int] = mapped_column(ForeignKey("cards.id"), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    idempotency_key: Mapped[str]
    stamps_after: Mapped[int]
    created_at: Mapped[datetime]


class StampRequest(BaseModel):
    """A stamp for a card, by someone who types a PIN or has signed in."""

    card: str
    staff_pin: str | None = None
    staff_token: str | None = None


class StampAnswer(BaseModel):
    """The stamp that was written."""

    id: int
    stamps: int
    rewards_ready: int


def hashed(secret: str) -> str:
    """Return what is kept of a secret that is hard to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


def build_app(engine: Engine) -> FastAPI:
    """Return the server on this database."""
    app = FastAPI()

    def session() -> Iterator[Session]:
        with Session(engine) as one:
            yield one

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/api/v1/vendor/loyalty/stamp", status_code=201)
    def stamp(
        asked: StampRequest,
        authorization: Annotated[str, Header()],
        idempotency_key: Annotated[str, Header()],
        session: Annotated[Session, Depends(session)],
    ) -> StampAnswer:
        key_hash = hashed(authorization.removeprefix("Bearer "))
        vendor = session.scalars(select(Vendor).where(Vendor.api_key_hash == key_hash)).first()
        if vendor is None:
            raise HTTPException(401)
        staff = _staff(session, vendor, asked)
        answer = _stamp(session, vendor, staff, asked.card, idempotency_key)
        session.commit()
        return answer

    return app


def _staff(session: Session, vendor: Vendor, asked: StampRequest) -> Staff:
    if asked.staff_token is not None:
        query = select(Staff).where(Staff.token_hash == hashed(asked.staff_token))
        found = session.scalars(query.where(Staff.vendor_id == vendor.id)).first()
        if found is None:
            raise HTTPException(403)
        return found
    pin = (asked.staff_pin or "").encode()
    for one in vendor.staff:
        if bcrypt.checkpw(pin, one.pin_hash.encode()):
            return one
    raise HTTPException(403)


def _stamp(session: Session, vendor: Vendor, staff: Staff, token: str, key: str) -> StampAnswer:
    query = select(Card).where(Card.token_hash == hashed(token), Card.vendor_id == vendor.id)
    card = session.scalars(query.with_for_update()).first()
    if card is None:
        raise HTTPException(404)
    known = select(Transaction).where(
        Transaction.vendor_id == vendor.id, Transaction.idempotency_key == key
    )
    if (before := session.scalars(known).first()) is not None:
        return _answer(vendor, before)
    now = datetime.now(UTC).replace(tzinfo=None)
    on_day = card.stamps_on_day + 1 if card.stamps_day == now.date() else 1
    if on_day > vendor.max_daily_stamps:
        raise HTTPException(409)
    card.stamps += 1
    card.stamps_day, card.stamps_on_day = now.date(), on_day
    made = Transaction(
        vendor_id=vendor.id,
        card_id=card.id,
        staff_id=staff.id,
        idempotency_key=key,
        stamps_after=card.stamps,
        created_at=now,
    )
    session.add(made)
    session.flush()
    return _answer(vendor, made)


def _answer(vendor: Vendor, made: Transaction) -> StampAnswer:
    ready = made.stamps_after // vendor.stamps_target
    return StampAnswer(id=made.id, stamps=made.stamps_after, rewards_ready=ready)


def prepare(engine: Engine, tokens: list[str], staff: int, cost: int, pin: str) -> None:
    """Create a shop with these cards; the PIN is of who stands in the middle of its staff."""
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        vendor = Vendor(
            api_key_hash=hashed(API_KEY), stamps_target=10, max_daily_stamps=_DAILY_STAMPS
        )
        middle = staff // 2
        for place in range(staff):
            typed = pin if place == middle else f"another {place}"
            pin_hash = bcrypt.hashpw(typed.encode(), bcrypt.gensalt(cost)).decode()
            token = hashed(STAFF_TOKEN) if place == middle else None
            vendor.staff.append(Staff(pin_hash=pin_hash, token_hash=token))
        session.add(vendor)
        session.flush()
        common = {"vendor_id": vendor.id, "stamps": 0, "stamps_on_day": 0}
        for start in range(0, len(tokens), _CARDS_AT_ONCE):
            part = tokens[start : start + _CARDS_AT_ONCE]
            session.execute(insert(Card), [common | {"token_hash": hashed(t)} for t in part])
        session.commit()


def _engine(url: str) -> Engine:
    return create_engine(url, pool_size=_CONNECTIONS, max_overflow=_CONNECTIONS)


if __name__ == "__main__":
    app = build_app(_engine(sys.argv[1]))
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), access_log=False)
