"""An operator whom Apple gave certificates."""

from dataclasses import replace

from punchcard.fakes.apple_chain import AppleChain
from punchcard.kit.settings import Settings


def with_certificates(settings: Settings, chain: AppleChain, push_url: str) -> Settings:
    """Return settings of a server that signs passes and pushes to a service of our own."""
    return replace(
        settings,
        base_url="https://shop.test",
        apple_certificate=chain.certificate_pem,
        apple_private_key=chain.key_pem,
        apple_wwdr_certificate=chain.intermediate_pem,
        apple_apns_url=push_url,
        apple_apns_ca_certificate=chain.root_pem,
        apple_push_timeout_seconds=2,
    )
