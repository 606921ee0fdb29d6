"""Signing in by the operator's own identity provider (OpenID Connect)."""
