"""What happened meanwhile, on the course of an objective: deployments as lines, incidents as shaded spans."""

from dataclasses import dataclass
from datetime import datetime

import plotly.graph_objects as go

from dashboard.domain.incidents import Incident
from dashboard.domain.policy import Policy
from dashboard.domain.releases import Release
from dashboard.reports.history import History
from dashboard.ui import format as show
from dashboard.ui.charts import ink, on_axis, one_clock
from dashboard.ui.release_marks import chart_text, incident_hover, mark_names, markers
from dashboard.ui.release_thinning import kept
from dashboard.ui.release_words import Outcome, outcome

#: On one chart; more lines than that would hide the course that they are there to explain.
_MOST_DEPLOYMENTS, _MOST_INCIDENTS, _MOST_NAMES = 60, 30, 6
#: Above the course, whose highest value is 1.
_HEIGHT, _TOP = 1.075, 1.13
_STEPS_SEEN = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanwhile:
    """The deployments and incidents of a service between `start` and `end`."""

    start: datetime
    end: datetime
    releases: tuple[Release, ...]
    incidents: tuple[Incident, ...]

    @property
    def told(self) -> str:
        """What is marked, for people who do not see the chart."""
        return (
            f"{show.amount(len(self.releases), 'deployment')} and"
            f" {show.amount(len(self.incidents), 'incident')} in this time"
        )

    @property
    def legend(self) -> str:
        """What the marks mean; markdown, empty when there is none."""
        names = mark_names(self.releases, bool(self.incidents), "▒")
        return f":small[Deployments and incidents: {' · '.join(names)}]" if names else ""


def meanwhile(history: History, service: str, span: tuple[datetime, datetime]) -> Meanwhile:
    """What happened to `service` within `span`."""
    start, end = span
    return Meanwhile(
        start=start,
        end=end,
        releases=tuple(
            release
            for release in history.releases_by_service.get(service, ())
            if start <= release.deployment.began_at <= end
        ),
        incidents=tuple(
            incident
            for incident in history.incidents_by_service.get(service, ())
            if incident.began_at is not None
            and incident.began_at <= end
            and (incident.resolved_at is None or incident.resolved_at >= start)
        ),
    )


def mark(figure: go.Figure, happened: Meanwhile, policy: Policy, *, dark: bool) -> None:
    """Draw what `happened` on `figure` (of `charts.course_figure`)."""
    if not happened.releases and not happened.incidents:
        return
    pen = _Pen(happened=happened, policy=policy, dark=dark)
    figure.update_yaxes(range=[figure.layout.yaxis.range[0], _TOP], row=1, col=1)
    edge = (happened.end - happened.start) / _STEPS_SEEN * 5
    figure.update_xaxes(
        range=[on_axis(happened.start - edge, pen.clock), on_axis(happened.end + edge, pen.clock)]
    )
    _incidents(figure, pen)
    _deployments(figure, pen)


class _Pen:
    """Where and in what colour things are drawn."""

    def __init__(self, *, happened: Meanwhile, policy: Policy, dark: bool) -> None:
        self.happened, self.zone, self.dark = happened, policy.timezone, dark
        self.clock, _ = one_clock([happened.start, happened.end], self.zone)
        self.colour = ink(dark=dark)

    def at(self, moment: datetime | None) -> str:
        """Where `moment` is on the time axis; what lies outside is at its edge."""
        start, end = self.happened.start, self.happened.end
        return on_axis(min(max(moment or start, start), end), self.clock)


def _incidents(figure: go.Figure, pen: _Pen) -> None:
    happened = pen.happened
    drawn = happened.incidents[-_MOST_INCIDENTS:]
    if not drawn:
        return
    # A span of minutes among weeks would be thinner than a pixel.
    shortest = (happened.end - happened.start) / _STEPS_SEEN
    for incident in drawn:
        began = max(incident.began_at or happened.start, happened.start)
        figure.add_shape(
            type="rect",
            x0=pen.at(began),
            x1=pen.at(max(incident.resolved_at or happened.end, began + shortest)),
            xref="x",
            y0=0,
            y1=1,
            yref="paper",
            layer="below",
            fillcolor="rgba(190, 18, 60, 0.20)",
            line={"width": 0.8, "color": pen.colour, "dash": "dot"},
        )
    for number, incident in enumerate(drawn[-_MOST_NAMES:]):
        figure.add_annotation(
            text=chart_text(incident.id, 14),
            x=pen.at(incident.began_at),
            xref="x",
            xanchor="right",
            y=1 - 0.07 * (number % 3),
            yref="y",
            yanchor="top",
            showarrow=False,
            font={"size": 11, "color": pen.colour},
        )
    figure.add_trace(
        go.Scatter(
            x=[pen.at(incident.began_at) for incident in drawn],
            y=[_HEIGHT] * len(drawn),
            mode="markers",
            marker={"symbol": "line-ns-open", "size": 9, "color": pen.colour, "line": {"width": 2}},
            text=[incident_hover(incident, pen.zone) for incident in drawn],
            hovertemplate="%{text}<extra></extra>",
            name="incident",
        ),
        row=1,
        col=1,
    )


def _deployments(figure: go.Figure, pen: _Pen) -> None:
    drawn = [release for _, release in kept([(0, item) for item in pen.happened.releases], _MOST_DEPLOYMENTS)]
    for release in drawn:
        at = pen.at(release.deployment.began_at)
        figure.add_shape(
            type="line",
            x0=at,
            x1=at,
            xref="x",
            y0=0,
            y1=1,
            yref="paper",
            line={"width": 0.8, "color": pen.colour},
            opacity=0.45,
        )
    for found in reversed(Outcome):  # what went wrong is drawn last, so over the others
        mine = [release for release in drawn if outcome(release) is found]
        if mine:
            heights = [_HEIGHT] * len(mine)
            figure.add_trace(markers(mine, heights, pen.clock, pen.zone, dark=pen.dark), row=1, col=1)
