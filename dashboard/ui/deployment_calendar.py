"""The days to come as a picture and in words: when the window is open, and when a freeze stands."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
import streamlit as st

from dashboard.domain.deployment_calendar import CalendarDay
from dashboard.domain.deployment_window import Span
from dashboard.ui import format as show
from dashboard.ui.charts import CHART_CONFIG, ink
from dashboard.ui.release_words import brief, plain
from dashboard.ui.words import joined

_HOURS = 24
_ROW_PIXELS, _FRAME_PIXELS = 26, 70
_OPEN, _FROZEN = ("22, 130, 70", "✓ open"), ("190, 18, 60", "✕ frozen")


def draw(days: Sequence[CalendarDay], now: datetime, zone: ZoneInfo) -> None:
    """The picture, and beside it the same in words."""
    picture, words = st.columns((3, 2))
    picture.plotly_chart(
        calendar_figure(days, now, zone, dark=st.context.theme.type == "dark"),
        config=dict(CHART_CONFIG),
        alt=calendar_alt(days, zone),
    )
    picture.markdown(f":small[Hours of the day in {zone.key}. ■ open (plain) · ▨ frozen (striped) · │ now]")
    words.table(
        {
            "Day": [show.day(day.day) for day in days],
            "Open": [day_words(day, zone) for day in days],
        },
        border="horizontal",
        hide_index=True,
        alt="Each of the days to come, and when a release may go",
    )


def calendar_figure(days: Sequence[CalendarDay], now: datetime, zone: ZoneInfo, *, dark: bool) -> go.Figure:
    """One row a day, its hours by the clock on the wall from left to right."""
    figure, colour = go.Figure(), ink(dark=dark)
    opened = [(row, span, "") for row, day in enumerate(days) for span in day.open]
    frozen = [
        (row, span, escape(plain(freeze.id, 40)))
        for row, day in enumerate(days)
        for span, freeze in day.frozen
    ]
    for bars, (rgb, name), pattern in ((frozen, _FROZEN, "/"), (opened, _OPEN, "")):
        figure.add_trace(_bars(bars, days, zone, rgb, name, pattern))
    local = now.astimezone(zone)
    figure.add_shape(
        type="line",
        x0=_hour(local),
        x1=_hour(local),
        y0=-0.45,
        y1=0.45,
        line={"width": 3, "color": colour},
    )
    figure.update_yaxes(
        range=[len(days) - 0.5, -0.5],
        tickvals=list(range(len(days))),
        ticktext=[show.day(day.day) for day in days],
        tickfont={"color": colour, "size": 12},
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    figure.update_xaxes(
        range=[0, _HOURS],
        tickvals=[0, 6, 9, 12, 15, 18, _HOURS],
        ticktext=["0", "6", "9", "12", "15", "18", "24 h"],
        tickfont={"color": colour, "size": 12},
        fixedrange=True,
        zeroline=False,
    )
    figure.update_layout(
        height=_FRAME_PIXELS + _ROW_PIXELS * len(days),
        barmode="overlay",
        dragmode=False,
        showlegend=False,
        margin={"l": 8, "r": 16, "t": 8, "b": 8},
    )
    return figure


def calendar_alt(days: Sequence[CalendarDay], zone: ZoneInfo) -> str:
    """What the picture shows, for people who do not see it; the table beside it has every day."""
    some = sum(bool(day.open) for day in days)
    frozen = {freeze.id for day in days for _, freeze in day.frozen}
    text = (
        f"Calendar of {show.amount(len(days), 'day')} in {zone.key}: a release may go on"
        f" {show.amount(some, 'of them', 'of them')}"
    )
    return f"{text}; freezes: {', '.join(sorted(plain(name, 40) for name in frozen))}" if frozen else text


def day_words(day: CalendarDay, zone: ZoneInfo) -> str:
    """When a release may go on a day, and which freezes stand; markdown."""
    frozen = joined(list(dict.fromkeys(brief(freeze.id, 40) for _, freeze in day.frozen)))
    if not day.open:
        return f":red-badge[✕ frozen] {frozen}" if frozen else "closed"
    hours = joined([_span_words(span, zone) for span in day.open])
    also = f" · :red-badge[✕ frozen] else {frozen}" if frozen else ""
    return f":green-badge[✓] {hours}{also}"


def _span_words(span: Span, zone: ZoneInfo) -> str:
    return show.hours(span.start, span.end, zone)


def _bars(  # noqa: PLR0913, PLR0917 - one argument per fact
    bars: Iterable[tuple[int, Span, str]],
    days: Sequence[CalendarDay],
    zone: ZoneInfo,
    rgb: str,
    name: str,
    pattern: str,
) -> go.Bar:
    rows, base, width, text = [], [], [], []
    for row, span, told in bars:
        start, end = _ends(span, days[row], zone)
        rows.append(row)
        base.append(start)
        width.append(end - start)
        text.append(f"{name} {show.hours(span.start, span.end, zone)} {told}")
    return go.Bar(
        orientation="h",
        y=rows,
        base=base,
        x=width,
        width=0.8,
        marker={
            "color": f"rgba({rgb}, 0.75)",
            "pattern": {"shape": pattern, "fgcolor": f"rgba({rgb}, 0.9)", "bgcolor": f"rgba({rgb}, 0.15)"}
            if pattern
            else {},
            "line": {"width": 1, "color": f"rgb({rgb})"},
        },
        text=text,
        textposition="none",
        hovertemplate="%{text}<extra></extra>",
        name=name,
    )


def _ends(span: Span, day: CalendarDay, zone: ZoneInfo) -> tuple[float, float]:
    """Where a span of `day` begins and ends on the clock; an hour that is repeated is drawn once."""
    start = _hour(span.start.astimezone(zone))
    end = float(_HOURS) if span.end == day.end else _hour(span.end.astimezone(zone))
    return min(start, end), max(start, end)


def _hour(local: datetime) -> float:
    return local.hour + local.minute / 60
