"""The first tables: vendors and their people, programs, cards, the ledger, the outbox."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from punchcard.db.append_only import make_append_only
from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import BigInt, Id, Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table after those it refers to; let the ledger and the audit trail only grow."""
    _admins()
    _outbox()
    _throttles()
    _vendors()
    _api_keys()
    _audit_events()
    _customers()
    _idempotency_records()
    _locations()
    _loyalty_programs()
    _members()
    _access_tokens()
    _devices()
    _loyalty_cards()
    _loyalty_daily_rollup()
    _pairing_codes()
    _rewards()
    _staff_pins()
    _loyalty_transactions()
    _retired_card_codes()
    _transaction_origins()
    make_append_only(op.get_bind(), "loyalty_transactions")
    make_append_only(op.get_bind(), "audit_events")


downgrade = refuse_downgrade


def _where(condition: str) -> dict[str, Any]:
    """Return what makes an index cover only the rows that meet `condition`, in both databases."""
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


def _admins() -> None:
    op.create_table(
        "admins",
        sa.Column("id", Id, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=80), nullable=False),
        sa.Column("removed_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_admins"),
        sa.UniqueConstraint("email", name="uq_admins_email"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", BigInt, autoincrement=True, nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("available_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime()),
        sa.Column("last_error", sa.Text()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("status IN ('waiting', 'claimed', 'parked')", name="ck_outbox_status"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_status_available_at", "outbox", ["status", "available_at"])
    op.create_index(
        "uq_outbox_waiting", "outbox", ["topic", "key"], unique=True, **_where("status = 'waiting'")
    )


def _throttles() -> None:
    op.create_table(
        "throttles",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("blocked_until", UtcDateTime()),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_throttles"),
    )
    op.create_index("ix_throttles_updated_at", "throttles", ["updated_at"])


def _vendors() -> None:
    op.create_table(
        "vendors",
        sa.Column("id", Id, nullable=False),
        sa.Column("slug", sa.String(length=63), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("keeps_origins", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("status IN ('active', 'suspended', 'closed')", name="ck_vendors_status"),
        sa.PrimaryKeyConstraint("id", name="pk_vendors"),
        sa.UniqueConstraint("slug", name="uq_vendors_slug"),
    )


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("prefix", sa.String(length=12), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime()),
        sa.Column("revoked_at", UtcDateTime()),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name="fk_api_keys_vendor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("key_hash", name="uq_api_keys_key_hash"),
    )
    op.create_index("ix_api_keys_vendor_id", "api_keys", ["vendor_id"])


def _audit_events() -> None:
    op.create_table(
        "audit_events",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.String(length=64)),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject_kind", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("old", Json),
        sa.Column("new", Json),
        sa.Column("request_id", sa.String(length=128)),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name="fk_audit_events_vendor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_events"),
    )
    op.create_index("ix_audit_events_subject", "audit_events", ["subject_kind", "subject_id"])
    op.create_index("ix_audit_events_vendor_id_id", "audit_events", ["vendor_id", "id"])


def _customers() -> None:
    op.create_table(
        "customers",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("name", sa.String(length=300)),
        sa.Column("name_folded", sa.String(length=600)),
        sa.Column("email", sa.String(length=254)),
        sa.Column("phone", sa.String(length=20)),
        sa.Column("birthday", sa.String(length=5)),
        sa.Column("locale", sa.String(length=2)),
        sa.Column("marketing_consent", sa.Boolean(), nullable=False),
        sa.Column("marketing_consent_at", UtcDateTime()),
        sa.Column("terms_accepted_at", UtcDateTime()),
        sa.Column("is_verified", sa.Boolean(), nullable=False),
        sa.Column("erased_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name="fk_customers_vendor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_customers"),
    )
    op.create_index("ix_customers_vendor_id_email", "customers", ["vendor_id", "email"])
    op.create_index("ix_customers_vendor_id_name", "customers", ["vendor_id", "name_folded"])
    op.create_index("ix_customers_vendor_id_phone", "customers", ["vendor_id", "phone"])
    op.create_index(
        "uq_customers_verified_email",
        "customers",
        ["vendor_id", "email"],
        unique=True,
        **_where("is_verified AND erased_at IS NULL"),
    )
    op.create_index(
        "uq_customers_verified_phone",
        "customers",
        ["vendor_id", "phone"],
        unique=True,
        **_where("is_verified AND erased_at IS NULL"),
    )


def _idempotency_records() -> None:
    op.create_table(
        "idempotency_records",
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["vendors.id"], name="fk_idempotency_records_vendor_id"
        ),
        sa.PrimaryKeyConstraint("vendor_id", "key", name="pk_idempotency_records"),
    )


def _locations() -> None:
    op.create_table(
        "locations",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=300)),
        sa.Column("closed_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name="fk_locations_vendor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_locations"),
    )
    op.create_index("ix_locations_vendor_id", "locations", ["vendor_id"])


def _loyalty_programs() -> None:
    op.create_table(
        "loyalty_programs",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("slug", sa.String(length=63), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("card_name", sa.String(length=120), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("stamps_target", sa.Integer(), nullable=False),
        sa.Column("stamp_reward", Json),
        sa.Column("points_per_currency_unit", sa.Integer(), nullable=False),
        sa.Column("minimum_purchase_minor", BigInt, nullable=False),
        sa.Column("minimum_redemption_points", BigInt, nullable=False),
        sa.Column("welcome_stamps", sa.Integer(), nullable=False),
        sa.Column("welcome_points", sa.Integer(), nullable=False),
        sa.Column("cooldown_minutes", sa.Integer(), nullable=False),
        sa.Column("max_daily_stamps", sa.Integer(), nullable=False),
        sa.Column("pin_policy", sa.String(length=16), nullable=False),
        sa.Column("pin_max_attempts", sa.Integer(), nullable=False),
        sa.Column("pin_lockout_minutes", sa.Integer(), nullable=False),
        sa.Column("void_policy", sa.String(length=16), nullable=False),
        sa.Column("self_enrollment", sa.Boolean(), nullable=False),
        sa.Column("terms_text", sa.Text()),
        sa.Column("branding", Json, nullable=False),
        sa.Column("texts", Json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('draft', 'active', 'inactive')", name="ck_loyalty_programs_status"
        ),
        sa.CheckConstraint(
            "type IN ('stamps', 'points', 'hybrid')", name="ck_loyalty_programs_type"
        ),
        sa.CheckConstraint(
            "cooldown_minutes BETWEEN 0 AND 10080", name="ck_loyalty_programs_cooldown"
        ),
        sa.CheckConstraint("max_daily_stamps BETWEEN 1 AND 50", name="ck_loyalty_programs_daily"),
        sa.CheckConstraint(
            "points_per_currency_unit BETWEEN 1 AND 1000", name="ck_loyalty_programs_rate"
        ),
        sa.CheckConstraint(
            "stamps_target BETWEEN 1 AND 50", name="ck_loyalty_programs_stamps_target"
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["vendors.id"], name="fk_loyalty_programs_vendor_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_loyalty_programs"),
        sa.UniqueConstraint("slug", name="uq_loyalty_programs_slug"),
    )
    op.create_index("ix_loyalty_programs_vendor_id", "loyalty_programs", ["vendor_id"])


def _members() -> None:
    op.create_table(
        "members",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=2)),
        sa.Column("password_hash", sa.String(length=80), nullable=False),
        sa.Column("removed_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("role IN ('owner', 'manager', 'staff')", name="ck_members_role"),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name="fk_members_vendor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_members"),
        sa.UniqueConstraint("email", name="uq_members_email"),
    )
    op.create_index("ix_members_vendor_id", "members", ["vendor_id"])


def _access_tokens() -> None:
    op.create_table(
        "access_tokens",
        sa.Column("id", Id, nullable=False),
        sa.Column("member_id", Id),
        sa.Column("admin_id", Id),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_agent", sa.String(length=200)),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime()),
        sa.Column("revoked_at", UtcDateTime()),
        sa.CheckConstraint(
            "(member_id IS NULL) <> (admin_id IS NULL)", name="ck_access_tokens_one_person"
        ),
        sa.ForeignKeyConstraint(["admin_id"], ["admins.id"], name="fk_access_tokens_admin_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_access_tokens_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_access_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_access_tokens_token_hash"),
    )
    op.create_index("ix_access_tokens_admin_id", "access_tokens", ["admin_id"])
    op.create_index("ix_access_tokens_expires_at", "access_tokens", ["expires_at"])
    op.create_index("ix_access_tokens_member_id", "access_tokens", ["member_id"])


def _devices() -> None:
    op.create_table(
        "devices",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("location_id", Id),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("paired_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime()),
        sa.Column("revoked_at", UtcDateTime()),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name="fk_devices_location_id"),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name="fk_devices_vendor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_devices"),
        sa.UniqueConstraint("token_hash", name="uq_devices_token_hash"),
    )
    op.create_index("ix_devices_vendor_id", "devices", ["vendor_id"])


def _loyalty_cards() -> None:
    op.create_table(
        "loyalty_cards",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("program_id", Id, nullable=False),
        sa.Column("customer_id", Id),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("token_sealed", sa.LargeBinary(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("locale", sa.String(length=2)),
        sa.Column("stamps", sa.Integer(), nullable=False),
        sa.Column("points", BigInt, nullable=False),
        sa.Column("points_carry", sa.Integer(), nullable=False),
        sa.Column("lifetime_stamps", sa.Integer(), nullable=False),
        sa.Column("lifetime_points", BigInt, nullable=False),
        sa.Column("lifetime_rewards", sa.Integer(), nullable=False),
        sa.Column("last_stamp_at", UtcDateTime()),
        sa.Column("stamps_day", sa.Date()),
        sa.Column("stamps_on_day", sa.Integer(), nullable=False),
        sa.Column("is_welcome_due", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("location_id", Id),
        sa.Column("enrolled_at", UtcDateTime(), nullable=False),
        sa.Column("last_activity_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('active', 'blocked', 'replaced', 'closed')", name="ck_loyalty_cards_status"
        ),
        sa.CheckConstraint("points_carry >= 0", name="ck_loyalty_cards_points_carry"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_loyalty_cards_customer_id"
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["locations.id"], name="fk_loyalty_cards_location_id"
        ),
        sa.ForeignKeyConstraint(
            ["program_id"], ["loyalty_programs.id"], name="fk_loyalty_cards_program_id"
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name="fk_loyalty_cards_vendor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_loyalty_cards"),
        sa.UniqueConstraint("number", name="uq_loyalty_cards_number"),
        sa.UniqueConstraint("token_hash", name="uq_loyalty_cards_token_hash"),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index("ix_loyalty_cards_customer_id", "loyalty_cards", ["customer_id"])
    op.create_index("ix_loyalty_cards_program_id_id", "loyalty_cards", ["program_id", "id"])
    op.create_index("ix_loyalty_cards_vendor_id_id", "loyalty_cards", ["vendor_id", "id"])
    op.create_index(
        "uq_loyalty_cards_held",
        "loyalty_cards",
        ["program_id", "customer_id"],
        unique=True,
        **_where("customer_id IS NOT NULL AND status IN ('active', 'blocked')"),
    )


def _loyalty_daily_rollup() -> None:
    op.create_table(
        "loyalty_daily_rollup",
        sa.Column("program_id", Id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("cards_opened", BigInt, nullable=False),
        sa.Column("cards_last_seen", BigInt, nullable=False),
        sa.Column("stamps_earned", BigInt, nullable=False),
        sa.Column("stamps_redeemed", BigInt, nullable=False),
        sa.Column("points_earned", BigInt, nullable=False),
        sa.Column("points_redeemed", BigInt, nullable=False),
        sa.Column("points_adjusted", BigInt, nullable=False),
        sa.Column("rewards_redeemed", BigInt, nullable=False),
        sa.Column("reward_value_minor", BigInt, nullable=False),
        sa.Column("purchases", BigInt, nullable=False),
        sa.Column("purchase_amount_minor", BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id"], ["loyalty_programs.id"], name="fk_loyalty_daily_rollup_program_id"
        ),
        sa.PrimaryKeyConstraint("program_id", "day", name="pk_loyalty_daily_rollup"),
    )


def _pairing_codes() -> None:
    op.create_table(
        "pairing_codes",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("location_id", Id),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime()),
        sa.ForeignKeyConstraint(
            ["location_id"], ["locations.id"], name="fk_pairing_codes_location_id"
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name="fk_pairing_codes_vendor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pairing_codes"),
        sa.UniqueConstraint("code_hash", name="uq_pairing_codes_code_hash"),
    )
    op.create_index("ix_pairing_codes_expires_at", "pairing_codes", ["expires_at"])


def _rewards() -> None:
    op.create_table(
        "rewards",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("program_id", Id, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.String(length=500)),
        sa.Column("points_required", BigInt, nullable=False),
        sa.Column("value_minor", BigInt),
        sa.Column("stock_left", sa.Integer()),
        sa.Column("per_card_limit", sa.Integer()),
        sa.Column("valid_from", UtcDateTime()),
        sa.Column("valid_until", UtcDateTime()),
        sa.Column("texts", Json, nullable=False),
        sa.Column("archived_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("points_required >= 1", name="ck_rewards_points_required"),
        sa.CheckConstraint("stock_left IS NULL OR stock_left >= 0", name="ck_rewards_stock"),
        sa.ForeignKeyConstraint(
            ["program_id"], ["loyalty_programs.id"], name="fk_rewards_program_id"
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name="fk_rewards_vendor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_rewards"),
    )
    op.create_index("ix_rewards_program_id", "rewards", ["program_id"])


def _staff_pins() -> None:
    op.create_table(
        "staff_pins",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("program_id", Id),
        sa.Column("staff_id", sa.String(length=64)),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("pin_hash", sa.String(length=80), nullable=False),
        sa.Column("pin_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("failed_attempts", sa.Integer(), nullable=False),
        sa.Column("locked_until", UtcDateTime()),
        sa.Column("last_used_at", UtcDateTime()),
        sa.Column("retired_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id"], ["loyalty_programs.id"], name="fk_staff_pins_program_id"
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name="fk_staff_pins_vendor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_staff_pins"),
    )
    op.create_index("ix_staff_pins_vendor_id", "staff_pins", ["vendor_id"])
    op.create_index(
        "uq_staff_pins_pin_index",
        "staff_pins",
        ["vendor_id", "pin_index"],
        unique=True,
        **_where("retired_at IS NULL"),
    )
    op.create_index(
        "uq_staff_pins_staff_id",
        "staff_pins",
        ["vendor_id", "staff_id"],
        unique=True,
        **_where("retired_at IS NULL AND staff_id IS NOT NULL"),
    )


def _loyalty_transactions() -> None:
    op.create_table(
        "loyalty_transactions",
        sa.Column("id", Id, nullable=False),
        sa.Column("vendor_id", Id, nullable=False),
        sa.Column("program_id", Id, nullable=False),
        sa.Column("card_id", Id, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=24), nullable=False),
        sa.Column("stamps_delta", sa.Integer(), nullable=False),
        sa.Column("points_delta", BigInt, nullable=False),
        sa.Column("stamps_after", sa.Integer(), nullable=False),
        sa.Column("points_after", BigInt, nullable=False),
        sa.Column("points_carry_after", sa.Integer(), nullable=False),
        sa.Column("amount_minor", BigInt),
        sa.Column("currency", sa.String(length=3)),
        sa.Column("reference", sa.String(length=128)),
        sa.Column("reward_id", Id),
        sa.Column("reward", Json),
        sa.Column("staff_pin_id", Id),
        sa.Column("location_id", Id),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.String(length=64)),
        sa.Column("note", sa.String(length=500)),
        sa.Column("voids", Id),
        sa.Column("program_version", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=128)),
        sa.Column("fingerprint", sa.LargeBinary(length=32)),
        sa.Column("answer", Json),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"], ["loyalty_cards.id"], name="fk_loyalty_transactions_card_id"
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["locations.id"], name="fk_loyalty_transactions_location_id"
        ),
        sa.ForeignKeyConstraint(
            ["program_id"], ["loyalty_programs.id"], name="fk_loyalty_transactions_program_id"
        ),
        sa.ForeignKeyConstraint(
            ["reward_id"], ["rewards.id"], name="fk_loyalty_transactions_reward_id"
        ),
        sa.ForeignKeyConstraint(
            ["staff_pin_id"], ["staff_pins.id"], name="fk_loyalty_transactions_staff_pin_id"
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["vendors.id"], name="fk_loyalty_transactions_vendor_id"
        ),
        sa.ForeignKeyConstraint(
            ["voids"], ["loyalty_transactions.id"], name="fk_loyalty_transactions_voids"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_loyalty_transactions"),
    )
    op.create_index(
        "ix_loyalty_transactions_program_id_id", "loyalty_transactions", ["program_id", "id"]
    )
    op.create_index(
        "ix_loyalty_transactions_vendor_id_id", "loyalty_transactions", ["vendor_id", "id"]
    )
    op.create_index(
        "uq_loyalty_transactions_chain",
        "loyalty_transactions",
        ["card_id", "sequence"],
        unique=True,
    )
    op.create_index(
        "uq_loyalty_transactions_key",
        "loyalty_transactions",
        ["vendor_id", "idempotency_key"],
        unique=True,
        **_where("idempotency_key IS NOT NULL"),
    )
    op.create_index(
        "uq_loyalty_transactions_reference",
        "loyalty_transactions",
        ["program_id", "reference"],
        unique=True,
        **_where("reference IS NOT NULL AND type = 'points_earned'"),
    )
    op.create_index(
        "uq_loyalty_transactions_voids",
        "loyalty_transactions",
        ["voids"],
        unique=True,
        **_where("voids IS NOT NULL"),
    )


def _retired_card_codes() -> None:
    op.create_table(
        "retired_card_codes",
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("card_id", Id, nullable=False),
        sa.Column("replaced_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"], ["loyalty_cards.id"], name="fk_retired_card_codes_card_id"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_retired_card_codes"),
        sa.UniqueConstraint("token_hash", name="uq_retired_card_codes_token_hash"),
    )
    op.create_index("ix_retired_card_codes_card_id", "retired_card_codes", ["card_id"])


def _transaction_origins() -> None:
    op.create_table(
        "transaction_origins",
        sa.Column("transaction_id", Id, nullable=False),
        sa.Column("address", sa.String(length=45)),
        sa.Column("user_agent", sa.String(length=200)),
        sa.Column("device_id", Id),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["loyalty_transactions.id"],
            name="fk_transaction_origins_transaction_id",
        ),
        sa.PrimaryKeyConstraint("transaction_id", name="pk_transaction_origins"),
    )
    op.create_index("ix_transaction_origins_created_at", "transaction_origins", ["created_at"])
