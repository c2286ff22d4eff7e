"""The only SQL: one SQLite file that holds the history that every page and command reads."""
