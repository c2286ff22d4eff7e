"""The doors: each parses one untrusted source once, into plain values."""
