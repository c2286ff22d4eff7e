"""The rules, pure: no I/O, no clock, no framework. Every layer imports it; it imports none."""
