"""Fleets whose services stand in every tier of their error budgets."""

from datetime import timedelta

from tests.pages.stores import BadShare, burst, steady

HEALTHY: dict[str, BadShare] = {
    "api/availability": steady(0.0),
    "api/latency": steady(0.001),
    "worker/availability": steady(0.0),
}
SPENT = HEALTHY | {"api/availability": burst(0.05, timedelta(hours=20), timedelta(hours=10))}
PROTECTED = HEALTHY | {"api/availability": burst(0.01, timedelta(hours=8, minutes=20), timedelta(hours=2))}
CAUTIOUS = HEALTHY | {"api/availability": burst(0.01, timedelta(hours=6, minutes=20), timedelta(hours=2))}
HOSTILE = "<script>alert(1)</script>[x](http://evil.example):red[z]**b**$(id)"
