"""The settings of both wallets; each is off until it is set up."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class WalletSettings:
    """What an operator can set about Apple Wallet and Google Wallet; a part of `Settings`."""

    # Apple Wallet; off while there is no certificate. Certificates and keys as PEM, or as base64 of
    # Apple's own files (.cer, .p12); pass type and team are the certificate's unless set.
    apple_pass_type_id: str = ""
    apple_team_id: str = ""
    apple_certificate: str = ""
    apple_private_key: str = ""
    apple_private_key_password: str = ""
    apple_p12: str = ""
    apple_p12_password: str = ""
    apple_wwdr_certificate: str = ""
    apple_apns_url: str = "https://api.push.apple.com"
    apple_apns_ca_certificate: str = ""
    apple_push_type: str = "background"
    apple_push_priority: int = 5
    apple_push_timeout_seconds: float = 10.0
    apple_push_parallel_limit: int = 500
    apple_registrations_per_pass: int = 50
    apple_certificate_warning_days: int = 30

    # Google Wallet; off while the issuer and the service account are not set
    google_issuer_id: str = ""
    google_service_account: str = ""
    google_api_url: str = "https://walletobjects.googleapis.com/walletobjects/v1"
    google_token_url: str = "https://oauth2.googleapis.com/token"  # noqa: S105 an address
    google_keys_url: str = "https://pay.google.com/gp/m/issuer/keys"
    google_save_url: str = "https://pay.google.com/gp/v/save"
    google_requests_per_second: float = 15.0
    google_timeout_seconds: float = 10.0
    google_notifications_per_day: int = 3
    google_check_days: int = 7
