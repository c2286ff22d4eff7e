"""Source → store: one batch, one transaction, idempotent; returns counts."""
