"""Where canaries come from: how to begin, how far sources were read, and names that mean none."""

from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard.reports.canaries import CanariesReport
from dashboard.store.canaries import SourceRead
from dashboard.ui import format as show
from dashboard.ui.release_sources import draw_names
from dashboard.ui.release_words import brief


def how_to_begin() -> None:
    """What to do when no canary was ever seen."""
    st.info(
        "**No canary is known yet.** They come from Argo Rollouts: let `reliability sync` read a cluster (it"
        " asks for Rollouts and AnalysisRuns, nothing else), or import what `kubectl` prints. Argo keeps"
        " only ten measurements of a metric, so do it often; what was seen stays. No secret is stored."
    )
    st.code(
        "RELIABILITY_KUBERNETES=kubeconfig reliability sync --every 60s\n"
        "# or\n"
        "kubectl get rollout,analysisrun --all-namespaces -o json | reliability import canaries -",
        language=None,
        wrap_lines=True,
    )


def draw_reads(reads: tuple[SourceRead, ...], now: datetime, zone: ZoneInfo, *, is_demo: bool) -> None:
    """How far each source was read, and what keeps it from being read; a demo reads none."""
    for read in (read for read in reads if read.problem):
        name, why = brief(read.source, 160), brief(read.problem or "", 300)
        if not read.is_behind:
            st.warning(f"**{name} was read** {show.age(read.tried_at, now)} ago, but not all of it: {why}.")
            continue
        last = "never" if read.read_at is None else f"{show.age(read.read_at, now)} ago"
        st.warning(
            f"**{name} could not be read** at {show.moment(read.tried_at, zone)}"
            f" (last whole: {last}): {why}. What follows may be behind."
        )
    good = [read for read in reads if not read.problem and read.read_at is not None]
    if good and not is_demo:
        told = " · ".join(
            f"{brief(read.source, 160)} read {show.age(read.read_at, now)} ago" for read in good
        )
        st.markdown(f":small[{told}]")


def draw_unmapped(report: CanariesReport) -> None:
    """Rollouts that none of our services is called by, with what to write to give them one."""
    if not report.unmapped:
        return
    many = show.amount(sum(report.unmapped.values()), "canary", "canaries")
    with st.expander(f"{many} of Rollouts that mean none of our services"):
        draw_names(
            report.unmapped,
            ("Rollout", "Canaries"),
            alt="Rollouts that mean none of our services, with the number of their canaries",
        )
