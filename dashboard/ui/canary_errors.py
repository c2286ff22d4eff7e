"""The error counts of canary and stable: their verdict beside Argo's, their rates, and the traffic split."""

import streamlit as st

from dashboard.domain.canary.traffic_split import Split, TrafficSplit
from dashboard.domain.policy import Policy
from dashboard.reports.canary_detail import CanaryReport
from dashboard.ui import canary_words
from dashboard.ui import format as show
from dashboard.ui.canary_chart import arms_figure, merged
from dashboard.ui.canary_judge_words import capital, error_sentence, traffic_sentence
from dashboard.ui.charts import CHART_CONFIG
from dashboard.ui.words import literal

_SPLITS = {
    Split.TOO_LITTLE: ":orange-badge[△ too little]",
    Split.TOO_MUCH: ":orange-badge[△ too much]",
    Split.AS_WEIGHTED: ":green-badge[✓ as weighted]",
}
_NOT_TOLD = ":violet-badge[? not told]"


def draw(report: CanaryReport, policy: Policy) -> None:
    """Argo's word and that of the counts side by side, with one sentence on how they stand to each other."""
    canary, errors = report.row.named.canary, report.errors
    argo = canary_words.phase_badge(canary.verdict)
    if canary.verdict is None:
        argo = ":blue-badge[▷ Argo: no analysis has ended]"
    if errors is None:
        st.markdown(
            f"{argo} :violet-badge[? error counts: not known] No requests of canary and stable were counted,"
            " so nothing stands beside Argo's word. A sync counts them as `canary_counts` of the catalogue"
            " says."
        )
        return
    verdict = canary_words.verdict_badge(errors.judgement.verdict)
    mark = ":red-badge[✕ they disagree] " if errors.agreement.is_disagreement else ""
    st.markdown(
        f"{argo} **Error counts** {verdict}  \n{mark}{literal(errors.agreement.sentence)}  \n"
        f"{capital(canary_words.counts_words(errors.judgement, policy.timezone))}."
    )
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


def _split(step: TrafficSplit) -> str:
    return f"{_SPLITS.get(step.split, _NOT_TOLD)} {literal(capital(traffic_sentence(step)))}"
