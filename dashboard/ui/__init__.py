"""How a report is drawn: formats, components, charts and the report cache."""
