"""The embedded demo: a deterministic, believable history that goes through the same ingest as real data."""
