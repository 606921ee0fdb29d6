"""Routes of the platform, one file a resource."""

from fastapi import APIRouter

from punchcard.api.admin import audit, loyalty, vendors

ROUTERS: list[APIRouter] = [vendors.router, audit.router, loyalty.router]
