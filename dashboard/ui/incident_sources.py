"""Where incidents come from: how to begin while the store knows none and no deployment either."""

import streamlit as st


def how_to_begin() -> None:
    """What to do when neither an incident nor a deployment has ever been told."""
    st.info(
        "**No incident and no deployment is known yet,** so there is nothing to judge. Let your pager tell of"
        " each incident, or import a file. The README, section *Deployments and incidents come in*, has the"
        " rest."
    )
    st.code(
        'curl --fail -H "Authorization: Bearer $RELIABILITY_API_TOKEN" \\\n'
        '  -d \'{"id": "INC-12", "title": "Checkout fails", "severity": "P1", "services": ["api"],\n'
        '       "started_at": "2026-11-20T09:12:00Z", "detected_at": "2026-11-20T09:15:00Z"}\' \\\n'
        "  https://THIS-ADDRESS/api/v1/incidents\n"
        "# or\n"
        "reliability import incidents incidents.csv",
        language=None,
        wrap_lines=True,
    )
