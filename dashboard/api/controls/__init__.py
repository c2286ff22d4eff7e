"""Freezes, exceptions and approvals over HTTP: the same rules and documents as the commands have."""

from dashboard.api.controls.routes import control_routes

__all__ = ["control_routes"]
