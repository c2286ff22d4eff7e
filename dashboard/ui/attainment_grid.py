"""The heat-map of targets met, severity by phase: a real table, whose cells lead to their incidents."""

from collections.abc import Callable, Sequence
from html import escape

import streamlit as st

from dashboard.domain.incident_phases import Phase
from dashboard.domain.incidents import Severity
from dashboard.domain.recovery import PhaseStatistics, SeverityStatistics
from dashboard.ui import format as show
from dashboard.ui.incident_words import PHASES
from dashboard.ui.recovery_tables import MINIMUM_JUDGED, unjudged

#: How strong the colour of a cell can get; text on it keeps a contrast of 4.5 to 1 in either theme.
_STRONGEST_ON_LIGHT, _STRONGEST_ON_DARK = 0.42, 0.6
_MISSED = "200, 60, 30"
_TABLE = "border-collapse:separate;border-spacing:3px;width:100%;table-layout:fixed;font-size:0.86rem"
_HEAD = "font-weight:600;text-align:left;padding:2px;border:0"
_CELL = (
    "border:0;padding:6px 2px;border-radius:6px;text-align:center;vertical-align:middle;"
    "overflow-wrap:anywhere;print-color-adjust:exact;-webkit-print-color-adjust:exact"
)


def draw(found: Sequence[SeverityStatistics], address: Callable[[str], str], *, dark: bool) -> None:
    """The grid; the darker a cell, the more of its incidents missed the target."""
    heads = "".join(
        f'<th scope="col" style="{_HEAD};text-align:center">{PHASES[phase]}</th>' for phase in Phase
    )
    rows = "".join(_row(item, item.severity, address, dark=dark) for item in found if item.severity)
    st.html(
        f'<table style="{_TABLE}"><thead><tr><th scope="col" style="{_HEAD};width:2.2rem">'
        f'<span style="position:absolute;left:-999em">Severity</span></th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )
    st.markdown(
        ":small[How many met the target of the phase. The redder, the more missed it; grey: fewer than"
        f" {MINIMUM_JUDGED} judged, too few to say. A cell leads to its incidents.]"
    )


def cell_name(severity: Severity, phase: Phase) -> str:
    """What the address calls a cell."""
    return f"{severity} {PHASES[phase]}"


def _row(item: SeverityStatistics, severity: Severity, address: Callable[[str], str], *, dark: bool) -> str:
    cells = "".join(
        _cell(of, address(cell_name(severity, phase)), cell_name(severity, phase), dark=dark)
        for phase, of in item.phases.items()
    )
    return f'<tr><th scope="row" style="{_HEAD}">{severity}</th>{cells}</tr>'


def _cell(found: PhaseStatistics, address: str, name: str, *, dark: bool) -> str:
    share = found.attainment
    few = share is None or found.n < MINIMUM_JUDGED
    strongest = _STRONGEST_ON_DARK if dark else _STRONGEST_ON_LIGHT
    depth = 0.0 if share is None else (1 - share.value) * strongest
    grey = "rgba(128,138,150,0.16)"
    colour = grey if few else f"rgba({_MISSED},{depth:.3f})"
    edge = "" if few or depth else f"box-shadow:inset 0 0 0 1px {grey}"
    ink = "#e8eaed" if dark else "#111827"
    style = f"{_CELL};background:{colour};{edge}"
    if share is None:
        text, told = "n = 0", "none judged"
    elif few:
        text, told = f"{show.k_of_n(share)}<br>n = {found.n}: too few", "too few to say"
    else:
        text, told = show.k_of_n(share), show.proportion(share)
    title = escape(f"{name}: {told}; not judged: {unjudged(found)}".replace("\n", ", "), quote=True)
    late = f"<br>{found.missed_open} still open" if found.missed_open else ""
    return (
        f'<td style="{style}"><a href="{escape(address, quote=True)}" title="{title}"'
        f' style="color:{ink};text-decoration:underline;display:block">{text}{late}</a></td>'
    )
