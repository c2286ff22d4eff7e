"""The course of one objective around a deployment, with the deployment and its incidents marked."""

from html import escape

import plotly.graph_objects as go

from dashboard.domain.policy import Policy
from dashboard.reports.around import Around
from dashboard.reports.deployments import DeploymentReport
from dashboard.ui import format as show
from dashboard.ui.charts import TIME_TICKS, ink, on_axis, one_clock
from dashboard.ui.release_words import plain, version_of

_HEIGHT = 230
_DEPLOYMENT, _INCIDENT = "29, 78, 216", "190, 18, 60"


def around_figure(item: Around, report: DeploymentReport, policy: Policy, *, dark: bool) -> go.Figure:
    """The share of bad events of each step; a step that was not measured stays a gap."""
    ends = [end for end, _ in item.course]
    clock, title = one_clock(ends, policy.timezone)
    colour = ink(dark=dark)
    figure = go.Figure(
        go.Scatter(
            x=[on_axis(end, clock) for end in ends],
            y=[share for _, share in item.course],
            mode="lines+markers",
            line={"width": 1.6},
            marker={"size": 3},
            hovertemplate="%{x|%d %b %H:%M}: %{y:.4%}<extra></extra>",
        )
    )
    deployment = report.row.release.deployment
    began, ended = deployment.began_at, deployment.finished_at or report.freshness.as_of
    _span(figure, (on_axis(began, clock), on_axis(ended, clock)), _DEPLOYMENT, "deployment", colour)
    for incident in report.incidents:
        start = max(incident.began_at or ends[0], ends[0])
        end = min(incident.resolved_at or report.freshness.as_of, ends[-1])
        if start < end:
            name = escape(plain(incident.id, 20))
            _span(figure, (on_axis(start, clock), on_axis(end, clock)), _INCIDENT, name, colour)
    figure.add_hline(
        y=float(item.objective.allowed_error_ratio),
        line={"dash": "dash", "width": 1, "color": "#8a94a3"},
        annotation_text="allowed",
        annotation_position="top right",
    )
    figure.update_yaxes(rangemode="tozero", tickformat="~%", fixedrange=True, tickfont_color=colour)
    figure.update_xaxes(
        title_text=title,
        fixedrange=True,
        tickfont_color=colour,
        title_font_color=colour,
        type="date",
        tickformatstops=TIME_TICKS,
    )
    figure.update_annotations(font={"size": 12, "color": colour})
    figure.update_layout(
        height=_HEIGHT,
        showlegend=False,
        dragmode=False,
        hovermode="closest",
        margin={"l": 8, "r": 8, "t": 26, "b": 8},
    )
    return figure


def _span(figure: go.Figure, span: tuple[str, str], rgb: str, name: str, colour: str) -> None:
    """A named stretch of time; the deployment's name stands before its start, an incident's after it."""
    is_incident = rgb != _DEPLOYMENT
    figure.add_vrect(
        x0=span[0],
        x1=span[1],
        fillcolor=f"rgba({rgb}, 0.18)",
        line={"width": 1.2, "dash": "dot" if is_incident else "solid", "color": colour},
    )
    figure.add_annotation(
        text=name,
        x=span[0],
        xanchor="left" if is_incident else "right",
        yref="paper",
        y=1,
        yanchor="bottom",
        showarrow=False,
    )


def around_alt(item: Around, report: DeploymentReport) -> str:
    """What the chart shows, for people who do not see it; the table above it has the numbers."""
    worst = max((share for _, share in item.course if share is not None), default=None)
    version = plain(version_of(report.row.release.deployment))
    return (
        f"Share of bad events of {item.objective.key} around the deployment of {version}:"
        f" at most {show.percent(worst)} in one step"
    )
