"""The error counts of canary and stable: their verdict beside Argo's, their rates, and the traffic split."""

from fractions import Fraction

import streamlit as st

from dashboard.domain.canary.error_level import ErrorLevel, OwnErrors
from dashboard.domain.canary.traffic_split import Split, TrafficSplit
from dashboard.domain.intervals import Proportion
from dashboard.domain.policy import ErrorLimits, Policy
from dashboard.reports.canary_before import ComparedWithBefore
from dashboard.reports.canary_detail import CanaryReport
from dashboard.ui import canary_words
from dashboard.ui import format as show
from dashboard.ui.canary_chart import arms_figure, merged
from dashboard.ui.canary_judge_words import capital, error_sentence, traffic_sentence
from dashboard.ui.charts import CHART_CONFIG
from dashboard.ui.release_words import brief
from dashboard.ui.words import literal

_SPLITS = {
    Split.TOO_LITTLE: ":orange-badge[△ too little]",
    Split.TOO_MUCH: ":orange-badge[△ too much]",
    Split.AS_WEIGHTED: ":green-badge[✓ as weighted]",
    Split.TOO_FEW_REQUESTS: ":violet-badge[? too few to tell]",
    Split.NO_REQUESTS: ":orange-badge[? no requests]",
}
_LEVELS = {
    ErrorLevel.FINE: ":green-badge[✓ below the limits]",
    ErrorLevel.HIGH: ":orange-badge[△ high]",
    ErrorLevel.CRITICAL: ":red-badge[✕ critical]",
}


def draw(report: CanaryReport, policy: Policy) -> None:
    """Argo's word and that of the counts side by side, with one sentence on how they stand to each other."""
    errors, is_open = report.errors, report.row.named.canary.outcome.is_open
    argo = canary_words.argo_badge(report)
    if errors is None:
        st.markdown(
            f"{argo} :violet-badge[? error counts: not known] No requests of canary and stable were counted,"
            " so nothing stands beside Argo's word. A sync counts them as `canary_counts` of the catalogue"
            " says."
        )
        return
    verdict = canary_words.verdict_badge(errors.judgement.verdict, is_open=is_open)
    mark = ":red-badge[✕ they disagree] " if errors.agreement.is_disagreement else ""
    st.markdown(
        f"{argo} **Error counts** {verdict}  \n"
        f"{mark}{literal(canary_words.agreement_words(errors.agreement, is_open=is_open))}  \n"
        f"{capital(canary_words.counts_words(errors.judgement, policy.timezone, is_open=is_open))}."
    )
    if not errors.has_stable:
        st.markdown(_before(errors.before, policy))
    if errors.own.canary is not None:
        st.markdown(f"{_LEVELS[errors.own.level]} {_own(errors.own, policy.canary_errors)}")
    if any(tick.at is not None for tick in errors.ticks):
        drawn = len(merged(errors.ticks))
        many = show.amount(len(errors.ticks), "look")
        also = f"; {many} in {show.number(drawn)} points" if drawn < len(errors.ticks) else ""
        st.markdown(f"Share of requests that failed: ● canary (solid) and ■ stable (dashed){also}")
        judgement = errors.judgement
        st.plotly_chart(
            arms_figure(errors.ticks, policy.timezone, dark=st.context.theme.type == "dark"),
            config=dict(CHART_CONFIG),
            alt=f"Error rates of canary and stable over time; {error_sentence(judgement, policy.timezone)}",
            key="arms",
        )
    if errors.traffic:
        st.markdown("".join(f"\n- {_split(step)}" for step in errors.traffic))


def _before(found: ComparedWithBefore | None, policy: Policy) -> str:
    """What stands in for a stable sibling of which nothing was counted, and how little that is."""
    if found is None:
        return (
            "No requests to a stable sibling were counted, nor to a deployment before that could stand in for"
            " it."
        )
    earlier, aligned = found.earlier, found.judgement.alignment
    version = earlier.version or f"revision {earlier.revision}"
    left_out = (
        f" ({show.amount(aligned.unmatched, 'look')} without a counterpart)" if aligned.unmatched else ""
    )
    sentence = error_sentence(found.judgement.errors, policy.timezone, "the deployment before")
    return (
        f"No requests to a stable sibling were counted. Against the deployment before,"
        f" {brief(version, 40)}, {show.length(found.since)} earlier, at the same elapsed time{left_out}:"
        f" {literal(sentence)}. What differs may be the hour's and not the canary's."
    )


def _split(step: TrafficSplit) -> str:
    return f"{_SPLITS[step.split]} {literal(capital(traffic_sentence(step)))}"


def _own(found: OwnErrors, limits: ErrorLimits) -> str:
    """The share of errors of each arm, and what it is held to."""
    told = f"**{_share(found.canary)}** of the canary's requests failed, {_share(found.stable)} of stable's"
    edges = f"warning above {show.target(limits.warning)}, critical above {show.target(limits.critical)}"
    if found.stable_level is ErrorLevel.FINE:
        return f"{told}; {edges}."
    return f"{told}; {edges}. :orange-badge[△ stable is {found.stable_level.value} itself]"


def _share(found: Proportion | None) -> str:
    return "an unknown share" if found is None else show.percent(Fraction(found.k, found.n))
