"""The settings of backups: how they are made, how long they are kept, and where else they go."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BackupSettings:
    """What an operator can set about backups; a part of `Settings`."""

    backup_reserve_bytes: int = 67_108_864
    backup_lock_wait_seconds: int = 60
    # How many days, weeks and months keep their newest backup; 0 of each: all are kept
    backup_keep_days: int = 0
    backup_keep_weeks: int = 0
    backup_keep_months: int = 0
    # A bucket of S3 or of what speaks like it; off while it has no name. What goes there is sealed
    # with the key (old ones below it, one a line).
    backup_s3_bucket: str = ""
    backup_s3_prefix: str = ""
    backup_s3_endpoint: str = ""
    backup_s3_region: str = "us-east-1"
    backup_s3_access_key_id: str = ""
    backup_s3_secret_access_key: str = ""
    backup_s3_timeout_seconds: float = 60.0
    backup_key: str = ""
