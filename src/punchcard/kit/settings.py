"""Every setting and limit of the server, with its unit; alone in reading the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from punchcard.kit.environment import own_address, variables
from punchcard.kit.environment.backup_settings import BackupSettings
from punchcard.kit.environment.kept_secrets import (
    OLD_SECRETS,
    SECRETS_OF_DATABASE,
    SecretsMissing,
    check_given,
    embedded_secrets,
    old_secrets,
)
from punchcard.kit.environment.paths import (
    PathUnusable,
    database_address,
    replica_address,
    sqlite_file,
)
from punchcard.kit.environment.provider_settings import ProviderSettings
from punchcard.kit.environment.reading import (
    PREFIX,
    SECRETS,
    SettingsError,
    check_values,
    convert,
    read,
)
from punchcard.kit.environment.settings_file import SETTINGS_FILE_VARIABLE, path_of, with_file
from punchcard.kit.environment.variables import UnknownVariable
from punchcard.kit.environment.wallet_settings import WalletSettings
from punchcard.kit.secrets import Keyring


@dataclass(frozen=True, kw_only=True)
class Settings(BackupSettings, ProviderSettings, WalletSettings):
    """What an operator can set, as `PUNCHCARD_` and the field's name in capitals.

    Secrets take a twin ending in `_FILE` that names a file to read instead.
    """

    # Where things are
    data_dir: Path = Path("punchcard-data")
    database_url: str = ""
    # A replica for figures, lists and exports, and how far behind it may be
    database_read_url: str = ""
    database_read_lag_limit_seconds: float = 10.0
    base_url: str = "http://127.0.0.1:8000"
    log_level: str = "INFO"
    log_format: str = "text"
    trusted_proxies: str = "127.0.0.1"
    # At a public name over http: only for who has read what that means
    allow_http: str = "no"
    # What /metrics asks for; without one it answers this machine alone
    metrics_token: str = ""
    # Traces, off while there is no collector; of all traces this part is recorded
    otlp_endpoint: str = ""
    otlp_headers: str = ""
    otlp_sample_rate: float = 0.1

    # Mail; off while there is no mail server
    smtp_url: str = ""
    smtp_ca_certificate: str = ""
    smtp_timeout_seconds: float = 20.0
    mail_from: str = ""
    mail_requests_per_minute: int = 20
    mails_per_address: int = 5
    mails_per_address_of_all: int = 20
    enrolment_mails_per_shop_and_hour: int = 200
    mail_pause_minutes: int = 15
    password_reset_minutes: int = 60
    invitation_hours: int = 72
    email_verification_hours: int = 72

    # Secrets; made and kept in the data directory when absent in embedded mode
    secret_key: str = ""
    pin_pepper: str = ""
    # Those of before, one a line, the oldest last: see `punchcard keys`
    old_secret_keys: str = ""
    old_pin_peppers: str = ""

    # Proof of the ledger: the key signs checkpoints and is kept apart from the database (PEM); made
    # in the data directory when absent in embedded mode. The origin is the log's name.
    log_key: str = ""
    log_origin: str = ""
    log_sequence_seconds: int = 60
    checkpoint_minutes: int = 60
    checkpoint_mail_to: str = ""
    checkpoint_folder: str = ""
    checkpoint_webhook: str = ""

    # The till
    till_queue_limit: int = 2000
    till_batch_limit: int = 64
    till_postgresql_batches_in_flight: int = 1
    till_locked_wait_seconds: float = 3.0
    till_locked_retry_seconds: float = 0.05
    till_locked_limit: int = 256

    # The database; the limits of a statement, a lock and a silent transaction are PostgreSQL's
    database_pool_size: int = 8
    database_busy_seconds: int = 30
    till_statement_timeout_seconds: float = 10.0
    till_lock_timeout_seconds: float = 1.0
    till_idle_transaction_timeout_seconds: float = 5.0
    request_statement_timeout_seconds: float = 30.0
    request_lock_timeout_seconds: float = 5.0
    request_idle_transaction_timeout_seconds: float = 10.0
    worker_statement_timeout_seconds: float = 120.0
    worker_lock_timeout_seconds: float = 10.0
    worker_idle_transaction_timeout_seconds: float = 10.0
    long_statement_timeout_seconds: float = 0.0
    long_lock_timeout_seconds: float = 10.0
    long_idle_transaction_timeout_seconds: float = 3600.0
    database_keepalive_idle_seconds: int = 15
    database_keepalive_interval_seconds: int = 5
    database_keepalive_count: int = 3
    database_tcp_user_timeout_seconds: float = 30.0
    readiness_timeout_seconds: float = 3.0
    readiness_write_probe_seconds: float = 15.0

    # HTTP
    connections_limit: int = 0
    request_head_limit_bytes: int = 65_536
    request_head_timeout_seconds: float = 10.0
    body_limit_bytes: int = 1_048_576
    request_body_timeout_seconds: float = 20.0
    request_body_least_bytes_per_second: int = 1000
    discard_limit_bytes: int = 8_388_608
    discard_timeout_seconds: float = 30.0
    keep_alive_seconds: int = 30
    # Origins of other servers whose pages may call the public routes, such as a shop's own site
    cors_origins: str = ""
    logo_limit_bytes: int = 1_000_000
    import_limit_bytes: int = 20_000_000
    page_size_limit: int = 200
    public_enrolments_per_minute: int = 120
    public_reads_per_minute: int = 1200
    apple_logs_per_minute: int = 6
    live_streams_limit: int = 2000
    live_streams_per_card: int = 10
    live_streams_per_address: int = 50
    live_heartbeat_seconds: float = 15.0
    live_stream_seconds: float = 3600.0

    # Who is calling
    password_bcrypt_cost: int = 12
    password_bcrypt_threads: int = 1
    password_bcrypt_queue_limit: int = 32
    password_bcrypt_queue_per_caller: int = 2
    access_token_hours: int = 12
    sign_ins_per_minute: int = 20
    session_idle_minutes: int = 120
    confirm_minutes: int = 15
    sign_in_attempts: int = 5
    sign_in_attempts_per_address: int = 100
    known_browser_attempts: int = 10
    known_browser_days: int = 180
    second_factor_attempts: int = 5
    second_factor_required: str = ""
    sign_in_slowdown_seconds: int = 30
    sign_in_slowdown_limit_seconds: int = 3600
    credential_cache_seconds: float = 2.0
    credential_requests_per_minute: int = 3000
    contact_lookups_per_minute: int = 60
    hand_over_minutes: int = 10
    person_proof_minutes: int = 60
    erasure_undo_hours: int = 72
    contact_objection_hours: int = 72
    pairing_code_minutes: int = 10
    pairing_attempts_per_minute: int = 10
    card_numbers_per_minute: int = 6
    api_key_days: int = 365
    api_key_warning_days: int = 30
    terminal_unseen_days: int = 90
    last_used_resolution_seconds: int = 60

    # Staff PINs
    pin_bcrypt_cost: int = 10
    pin_longest_lock_minutes: int = 1440
    pin_locks_forgotten_hours: int = 24
    pin_misses_until_exhausted: int = 100
    bcrypt_threads: int = 2
    bcrypt_queue_limit: int = 64
    staff_token_minutes: int = 480

    # The rules' outer bounds
    offline_grace_hours: int = 72
    clock_skew_seconds: int = 30
    adjustment_limit_points: int = 100_000
    simulation_entries_limit: int = 100_000
    moving_code_drift_seconds: int = 60

    # Imports: how large a file may be, and for how long its rows are kept; archives
    import_rows_limit: int = 200_000
    import_columns_limit: int = 100
    import_unpacked_limit_bytes: int = 300_000_000
    import_keep_days: int = 30
    import_undo_days: int = 90
    archive_keep_hours: int = 24

    # Webhooks: what happened at a shop, told to its own software. The networks are the operator's
    # own that may be reached, such as 192.168.1.0/24 for tills: there by http and at any port too.
    webhook_allowed_networks: str = ""
    webhook_timeout_seconds: float = 15.0
    webhook_parallel_limit: int = 32
    webhook_parallel_per_endpoint: int = 4
    webhook_endpoints_per_vendor: int = 20
    webhook_failing_days: int = 5
    webhook_days: int = 30

    # Receipts that guests put on their cards: until when, how many, how wrong clocks are
    claim_hours: int = 72
    claims_per_card_day: int = 3
    claim_clock_skew_minutes: int = 10
    claim_keep_days: int = 90
    receipt_keys_per_vendor: int = 50

    # Domains of shops' own: how often each is looked at, and until when one may be missing
    domain_check_hours: int = 24
    domain_lapse_days: int = 7
    domain_checks_per_minute: int = 6
    domain_asks_per_minute: int = 600
    domain_timeout_seconds: float = 5.0
    domain_cache_seconds: float = 5.0

    # Integrations: orders that web shops and tills tell of
    integrations_per_vendor: int = 20
    hooks_per_minute: int = 600
    hook_misses_per_minute: int = 60
    hook_limit_bytes: int = 1_048_576
    hook_parts_limit_bytes: int = 32_000_000
    integration_body_days: int = 14
    integration_event_days: int = 90

    # Security events that anybody can cause: a row of the audit trail for each caller and span
    security_event_minutes: int = 60
    security_events_limit: int = 500
    security_lines_per_minute: int = 20

    # Keeping and forgetting
    origin_days: int = 90
    idempotency_days: int = 30
    worker_lease_seconds: int = 60
    worker_attempts: int = 12
    worker_backoff_seconds: int = 2
    worker_backoff_limit_seconds: int = 3600
    worker_idle_seconds: float = 1.0
    worker_patience_hours: int = 72
    worker_away_limit_seconds: int = 300
    fanout_chunk_cards: int = 200
    fanout_turn_seconds: float = 10.0
    housekeeping_minutes: int = 15

    @cached_property
    def keys(self) -> Keyring:
        """Return the secret key, with the old ones that still open what they have sealed."""
        return Keyring(self.secret_key, old_secrets(self.old_secret_keys))

    @cached_property
    def peppers(self) -> Keyring:
        """Return the pepper of PINs, with the old ones that PINs in use were hashed with."""
        return Keyring(self.pin_pepper, old_secrets(self.old_pin_peppers))

    @property
    def is_https(self) -> bool:
        """Return whether customers reach the server by https."""
        return self.base_url.startswith("https:")

    @property
    def is_embedded(self) -> bool:
        """Return whether the database is a SQLite file, served by this one process."""
        return self.database_url.startswith("sqlite")


def load_settings(
    environ: Mapping[str, str] | None = None,
    *,
    checks_address: bool = True,
    renews_secrets: bool = False,
    **overrides: Any,
) -> Settings:
    """Return the settings of `environ` (the process's own when None), with `overrides` on top.

    Makes the data directory and the missing secrets when the database is embedded; beside cards or
    PINs, which were made with others, only if `renews_secrets`. Paths are absolute.
    `checks_address`: refuse a BASE_URL at which no page would work.
    Raises SettingsError when a value cannot be read or a needed one is missing.
    """
    source = _environment(environ)
    values: dict[str, Any] = {}
    for field in fields(Settings):
        text = read(source, field.name)
        if text is not None:
            values[field.name] = convert(field.name, text, field.type)
    values.update(overrides)
    values["data_dir"] = Path(values.get("data_dir", Settings.data_dir)).absolute()
    try:
        address = database_address(values.get("database_url") or "", values["data_dir"])
    except PathUnusable as error:
        raise SettingsError(f"{PREFIX}DATABASE_URL: {error}") from error
    values["database_url"] = address
    _check_replica(values)
    check_values(values)
    fault = own_address.fault_of_address(values.get("base_url", Settings.base_url))
    if fault is None and "base_url" in values:
        values["base_url"] = own_address.as_browsers_send_it(values["base_url"])
    if fault is not None and checks_address:
        raise SettingsError(f"{PREFIX}BASE_URL: {fault}")
    return _with_secrets(Settings(**values), values, renews_secrets=renews_secrets)


def _check_replica(values: dict[str, Any]) -> None:
    """Raise SettingsError for a replica that cannot be one of the database."""
    address = values.get("database_read_url")
    if not address:
        return
    if values["database_url"].startswith("sqlite"):
        raise SettingsError(f"{PREFIX}DATABASE_READ_URL: SQLite has no replicas")
    try:
        values["database_read_url"] = replica_address(address)
    except PathUnusable as error:
        raise SettingsError(f"{PREFIX}DATABASE_READ_URL: {error}") from error
    if values.get("database_read_lag_limit_seconds") == 0:
        raise SettingsError(f"{PREFIX}DATABASE_READ_LAG_LIMIT_SECONDS: it must be above 0")


def data_dir(environ: Mapping[str, str] | None = None) -> Path:
    """Return the data directory that is set, without making or asking for anything else."""
    text = read(_environment(environ), "data_dir")
    return Settings.data_dir if text is None else convert("data_dir", text, Path)


def database_url_at(address: str | None, environ: Mapping[str, str] | None = None) -> str:
    """Return the address that is meant by `address`, or else set; nothing is made or opened.

    Raises SettingsError.
    """
    source = _environment(environ)
    text = address or read(source, "database_url") or ""
    try:
        return database_address(text, data_dir(source).absolute())
    except PathUnusable as error:
        raise SettingsError(f"{PREFIX}DATABASE_URL: {error}") from error


def text_of(variable: str, environ: Mapping[str, str] | None = None) -> str | None:
    """Return the text of a variable that a command reads and that is no setting; None if empty."""
    return variables.as_meant(_environment(environ).get(variable, ""))


def use_settings_file(path: Path) -> None:
    """Let this process, and those that it starts, read the settings of a file."""
    os.environ[SETTINGS_FILE_VARIABLE] = str(path.absolute())


def settings_file() -> Path | None:
    """Return the file of settings that is in use; None when there is none."""
    return path_of(os.environ)


def _environment(environ: Mapping[str, str] | None) -> Mapping[str, str]:
    return with_file(os.environ) if environ is None else environ


def unknown_variables(environ: Mapping[str, str] | None = None) -> list[UnknownVariable]:
    """Return the variables that look like settings and are none: mostly a slip of the pen."""
    known = {PREFIX + field.name.upper() for field in fields(Settings)}
    known |= {f"{PREFIX}{name.upper()}_FILE" for name in SECRETS}
    return variables.unknown_variables(_environment(environ), known, PREFIX)


def _with_secrets(settings: Settings, values: dict[str, Any], *, renews_secrets: bool) -> Settings:
    """Return settings in which both secrets are set, making them once for an embedded database."""
    given = {name: values.get(name) or "" for name in (*SECRETS_OF_DATABASE, *OLD_SECRETS.values())}
    try:
        if settings.is_embedded:
            database = sqlite_file(settings.database_url)
            values |= embedded_secrets(given, settings.data_dir, database, renews=renews_secrets)
        else:
            check_given(given, PREFIX)
    except SecretsMissing as error:
        raise SettingsError(str(error)) from error
    return Settings(**values)
