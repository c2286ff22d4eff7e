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
        st.Page(components.DEPLOY_POLICY_PAGE, title="Deploy policy"),
        st.Page(components.DEPLOYMENTS_PAGE, title="Deployments"),
        st.Page(components.INCIDENTS_PAGE, title="Incidents & MTTR"),
    ],
    position="top",
)
try:
    components.arrive(page.url_path)
    keep_current()
    page.run()
except ReliabilityError as error:
    components.explain(error)
