"""Routes of a vendor and its till, one file a resource."""

from fastapi import APIRouter

from punchcard.api.vendor import (
    api_keys,
    devices,
    locations,
    members,
    pins,
    programs,
    rewards,
    settings,
    stats,
)

ROUTERS: list[APIRouter] = [
    settings.router,
    members.router,
    locations.router,
    devices.router,
    api_keys.router,
    programs.router,
    stats.router,
    rewards.router,
    pins.router,
]
