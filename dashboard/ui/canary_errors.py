"""The counts of canary and stable: their verdicts beside Argo's, their rates, and the traffic split."""

from fractions import Fraction

import streamlit as st

from dashboard.domain.canary.error_level import ErrorLevel, OwnErrors
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.traffic_split import Split, TrafficSplit
from dashboard.domain.intervals import Proportion
from dashboard.domain.policy import ErrorLimits, Policy
from dashboard.reports.canary_before import ComparedWithBefore
from dashboard.reports.canary_detail import ArmsCompared, CanaryReport
from dashboard.ui import canary_words
from dashboard.ui import format as show
from dashboard.ui.canary_chart import arms_figure, merged
from dashboard.ui.canary_judge_words import capital, counts_sentence, traffic_sentence
from dashboard.ui.canary_measure_words import MEASURE_WORDS
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


_NAMES = {Measure.ERRORS: "Error counts", Measure.SLOW: "Slow requests"}
_NOT_COUNTED = {
    Measure.ERRORS: (
        ":violet-badge[? error counts: not known] No requests of canary and stable were counted, so nothing"
        " stands beside Argo's word. A sync counts them as `canary_counts` of the catalogue says."
    ),
    Measure.SLOW: (
        ":violet-badge[? slow requests: not known] Latency is not counted, so a canary that is slower without"
        " failing is not seen here. A sync counts it as `latency` of `canary_counts` in the catalogue says."
    ),
}
_NOT_FOUND = (
    ":violet-badge[? slow requests: not known] Latency is counted, but nothing was found of this canary, so"
    " one that is slower without failing is not seen here. The problems of the last sync say what is missing."
)


def draw(report: CanaryReport, policy: Policy) -> None:
    """Argo's word and those of the counts side by side, with one sentence on how they stand to each other."""
    counted = report.compared
    st.markdown(_verdicts(report, policy))
    for measure, found in counted.items():
        if not found.has_stable:
            st.markdown(_before(found.before, policy, measure))
    errors = report.errors
    if errors is not None and errors.own.canary is not None:
        st.markdown(f"{_LEVELS[errors.own.level]} {_own(errors.own, policy.canary_errors)}")
    timed = {of: found for of, found in counted.items() if any(tick.at is not None for tick in found.ticks)}
    for column, (measure, found) in zip(st.columns(len(timed) or 1), timed.items(), strict=False):
        with column:
            _draw_chart(found, measure, policy, report.slow_above if measure is Measure.SLOW else None)
    if errors is not None and errors.traffic:
        st.markdown("".join(f"\n- {_split(step)}" for step in errors.traffic))


def _verdicts(report: CanaryReport, policy: Policy) -> str:
    """What Argo says, what the counts of each measure say, and what they rest on; markdown."""
    counted, is_open = report.compared, report.row.named.canary.outcome.is_open
    badges, lines = [canary_words.argo_badge(report)], []
    if report.beside_argo is not None:
        measure, agreement = report.beside_argo
        mark = ":red-badge[✕ they disagree] " if agreement.is_disagreement else ""
        told = canary_words.agreement_words(agreement, measure, is_open=is_open)
        lines.append(f"{mark}{literal(told)}")
    for measure in Measure:
        found, name = counted.get(measure), _NAMES[measure]
        if found is None:
            not_found = measure is Measure.SLOW and report.seeks_slow
            lines.append(_NOT_FOUND if not_found else _NOT_COUNTED[measure])
            continue
        verdict = canary_words.verdict_badge(found.judgement.verdict, is_open=is_open)
        badges.append(f"**{name}** {verdict}")
        words = canary_words.counts_words(found.judgement, policy.timezone, measure, is_open=is_open)
        # Where there is one line of each, each says of what it is.
        lines.append(f"{name} {words}." if len(counted) > 1 else f"{capital(words)}.")
    return "  \n".join([" ".join(badges), *lines])


def _draw_chart(found: ArmsCompared, measure: Measure, policy: Policy, above: float | None) -> None:
    """The share of bad requests of both arms over time; slow are those `above` so many seconds."""
    words, drawn = MEASURE_WORDS[measure], len(merged(found.ticks))
    many = show.amount(len(found.ticks), "look")
    also = f"; {many} in {show.number(drawn)} points" if drawn < len(found.ticks) else ""
    than = "" if above is None else f" (over {show.value(above)} s)"
    st.markdown(f"Share of requests that {words.were}{than}: ● canary (solid) and ■ stable (dashed){also}")
    rates = capital(words.rates)
    st.plotly_chart(
        arms_figure(found.ticks, policy.timezone, measure, dark=st.context.theme.type == "dark"),
        config=dict(CHART_CONFIG),
        alt=f"{rates} of canary and stable over time;"
        f" {counts_sentence(found.judgement, policy.timezone, measure=measure)}",
        key="arms" if measure is Measure.ERRORS else f"arms_{measure}",
    )


def _before(found: ComparedWithBefore | None, policy: Policy, measure: Measure) -> str:
    """What stands in for a stable sibling of which nothing was counted, and how little that is."""
    counted = "counted" if measure is Measure.ERRORS else "timed"
    if found is None:
        return (
            f"No requests to a stable sibling were {counted}, nor to a deployment before that could stand in"
            " for it."
        )
    earlier, aligned = found.earlier, found.judgement.alignment
    version = earlier.version or f"revision {earlier.revision}"
    left_out = (
        f" ({show.amount(aligned.unmatched, 'look')} without a counterpart)" if aligned.unmatched else ""
    )
    sentence = counts_sentence(found.judgement.errors, policy.timezone, "the deployment before", measure)
    return (
        f"No requests to a stable sibling were {counted}. Against the deployment before,"
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
