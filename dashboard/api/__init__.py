"""The HTTP API: the same documents as the `reliability` command, for machines; and what machines send."""

from dashboard.api.routes import routes

__all__ = ["routes"]
