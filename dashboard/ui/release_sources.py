"""Where deployments come from: how to begin, and names that mean none of our services."""

import json
from collections.abc import Iterable, Mapping

import streamlit as st

from dashboard.reports.history import Unmapped
from dashboard.ui import format as show
from dashboard.ui.data_quality import environment_items
from dashboard.ui.release_words import brief
from dashboard.ui.words import literal


def how_to_begin() -> None:
    """What to do when no deployment has ever been told."""
    st.info(
        "**No deployment is known yet.** Let your pipeline tell of each one, or import a file. The README,"
        " section *Incidents, MTTR and delivery*, has the rest."
    )
    st.code(
        'curl --fail -H "Authorization: Bearer $RELIABILITY_API_TOKEN" \\\n'
        '  -d \'{"id": "4182", "service": "api", "environment": "production", "version": "v4.17.2",\n'
        '       "started_at": "2026-11-23T09:00:00Z", "finished_at": "2026-11-23T09:12:00Z",\n'
        '       "status": "succeeded", "change_type": "feature", "actor": "kim"}\' \\\n'
        "  https://THIS-ADDRESS/api/v1/deployments\n"
        "# or\n"
        "reliability import deployments deployments.csv",
        language=None,
        wrap_lines=True,
    )


def draw_unmapped(unmapped: Unmapped) -> None:
    """Names that sources gave and that mean none of our services, with what to write to give them one."""
    if environments := environment_items(unmapped):
        st.markdown("\n".join(f"- {literal(item)}" for item in environments))
    if not unmapped.deployments:
        return
    missing = sum(unmapped.deployments.values())
    with st.expander(
        f"{show.amount(missing, 'deployment')} left out: {show.amount(len(unmapped.deployments), 'name')}"
        " of services that mean none of ours"
    ):
        draw_names(
            unmapped.deployments,
            ("Name", "Deployments"),
            alt="Names of services that mean none of ours, with the number of their deployments",
        )


def draw_names(counts: Mapping[str, int], columns: tuple[str, str], *, alt: str) -> None:
    """A table of names that mean none of our services and how often each came, and what to write for them."""
    name, many = columns
    st.table(
        {
            name: [brief(found) for found in counts],
            many: [show.number(count) for count in counts.values()],
        },
        border="horizontal",
        hide_index=True,
        alt=alt,
    )
    st.markdown("Write into `sources.yaml` which service of the catalogue each of them is:")
    st.code(_unmapped_yaml(counts), language=None, wrap_lines=True)


def _unmapped_yaml(names: Iterable[str]) -> str:
    """The lines of `sources.yaml` that would give `names` a service; each is quoted as YAML asks for."""
    quoted = (json.dumps(name) for name in names)
    return f"services:\n  OUR-SERVICE: [{', '.join(quoted)}]"
