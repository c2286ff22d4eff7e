"""How the canaries of a service that are under way stand, in the words of the page."""

from collections.abc import Mapping
from pathlib import Path

from dashboard.domain.names import NameMap
from dashboard.domain.policy import Policy
from dashboard.domain.slo import Catalogue
from dashboard.reports.canary_detail import canary_report
from dashboard.reports.canary_standing import Standing, standing
from dashboard.reports.canary_state import CanaryState
from dashboard.reports.history import History


def open_standings(  # noqa: PLR0913, PLR0917 - one argument per fact
    store: Path,
    catalogue: Catalogue,
    policy: Policy,
    history: History,
    names: NameMap,
    state: CanaryState,
    service: str,
) -> Mapping[str, Standing]:
    """How each canary of `service` in `state` stands, by its id.

    Raises:
        InputError: the store knows such a canary no more.
        StoreError: the store is missing or cannot be read.
    """
    ids = [item.named.canary.id for item in state.under_way if item.named.service == service]
    return {name: standing(canary_report(store, catalogue, policy, history, names, name)) for name in ids}
