"""Lanes one below the other over a period, each with its name: what a timeline draws its marks on."""

from collections.abc import Sequence
from datetime import timedelta, timezone
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from dashboard.domain.periods import Period
from dashboard.ui.charts import TIME_TICKS, ink, on_axis, one_clock

_FRAME_PIXELS = 64
_DAY = timedelta(days=1)


def lane_clock(period: Period, zone: ZoneInfo) -> tuple[timezone, str]:
    """The one clock of `zone` that all of `period` is drawn on, and the title of its axis."""
    days = [period.start + _DAY * number for number in range(period.length // _DAY + 1)]
    return one_clock([*days, period.end], zone)


def frame_lanes(  # noqa: PLR0913 - one argument per fact
    figure: go.Figure, labels: Sequence[str], period: Period, zone: ZoneInfo, *, pixels: int, dark: bool
) -> None:
    """Give `figure` a lane of so many `pixels` for each of `labels` (HTML), the first on top.

    The middle of a lane is at its number; `period` is what the time axis spans.
    """
    clock, title = lane_clock(period, zone)
    colour, margin = ink(dark=dark), period.length / 60
    for row, label in enumerate(labels):
        figure.add_annotation(
            text=label,
            x=0,
            xref="paper",
            xanchor="left",
            y=row - 0.47,
            yanchor="top",
            showarrow=False,
            font={"size": 12, "color": colour},
        )
    figure.update_yaxes(
        range=[len(labels) - 0.5, -0.5], visible=False, fixedrange=True, showgrid=False, zeroline=False
    )
    figure.update_xaxes(
        type="date",
        tickformatstops=TIME_TICKS,
        range=[on_axis(period.start - margin, clock), on_axis(period.end + margin, clock)],
        fixedrange=True,
        title_text=title,
        tickfont_color=colour,
        title_font_color=colour,
    )
    figure.update_layout(
        height=_FRAME_PIXELS + pixels * len(labels),
        hovermode="closest",
        dragmode=False,
        margin={"l": 4, "r": 4, "t": 8, "b": 8},
        showlegend=False,
    )
