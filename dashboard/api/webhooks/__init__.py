"""Where pipelines, pagers and people send what was deployed and what broke."""

from dashboard.api.webhooks.routes import webhook_routes

__all__ = ["webhook_routes"]
