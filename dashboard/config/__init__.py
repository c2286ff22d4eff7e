"""Catalogue, policy and settings → validated domain values; every fault of a file is told at once."""

from dashboard.config.catalog import load_catalog
from dashboard.config.locations import Locations, locations, parse_moment
from dashboard.config.policy import load_policy
from dashboard.config.prometheus import PrometheusSettings, prometheus_settings

__all__ = [
    "Locations",
    "PrometheusSettings",
    "load_catalog",
    "load_policy",
    "locations",
    "parse_moment",
    "prometheus_settings",
]
