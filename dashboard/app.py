"""The router: which pages there are, and what is shown when one cannot be computed."""

import streamlit as st

from dashboard.errors import ReliabilityError
from dashboard.ui import components
from dashboard.ui.cache import keep_current

st.set_page_config(page_title="Release reliability", layout="wide")
page = st.navigation(
    [
        st.Page(components.OVERVIEW_PAGE, title="SLO overview", default=True),
        st.Page(components.SERVICE_PAGE, title="Service"),
        st.Page(components.RELEASE_GATE_PAGE, title="Release gate"),
        st.Page(components.CANARY_PAGE, title="Canary analysis"),
        st.Page(components.DEPLOYMENTS_PAGE, title="Deployments"),
        st.Page(components.INCIDENTS_PAGE, title="Incidents & MTTR"),
        st.Page(components.POLICY_LAB_PAGE, title="Policy lab"),
        # What the page of the release gate was before: links to it are out there.
        st.Page(components.to_release_gate, url_path="deploy_policy", visibility="hidden"),
    ],
    position="top",
)
try:
    components.arrive(page.url_path)
    keep_current()
    page.run()
except ReliabilityError as error:
    components.explain(error)
