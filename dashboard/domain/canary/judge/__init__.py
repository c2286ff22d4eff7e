"""The judge of metrics: a canary's measurements against those of its control, by ranks and effect limits."""
