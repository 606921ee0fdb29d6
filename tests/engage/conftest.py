"""The engaging rooms' server remembers no credential."""

from tests.support.forgetful import server_settings

__all__ = ["server_settings"]
