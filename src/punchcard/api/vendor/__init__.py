"""Routes of a vendor and its till, one file a resource."""

from fastapi import APIRouter

from punchcard.api.vendor import api_keys, devices, locations, members, settings

ROUTERS: list[APIRouter] = [
    settings.router,
    members.router,
    locations.router,
    devices.router,
    api_keys.router,
]
