"""The canaries under way that somebody has to look at now, by what is known without reading them in depth."""

from dataclasses import dataclass

from dashboard.domain.canary.canary import Outcome
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.sequential import Verdict
from dashboard.reports.canary_standing import Standing
from dashboard.reports.canary_state import CanaryState, OpenCanary


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryAlarm:
    """A canary that is in trouble, or on which somebody has to decide."""

    item: OpenCanary
    standing: Standing


def canary_alarms(state: CanaryState) -> tuple[CanaryAlarm, ...]:
    """The canaries of `state` that are shown to be worse or failed an analysis, then the undecided ones."""
    found = [CanaryAlarm(item=item, standing=standing) for item in state.under_way if (standing := _of(item))]
    return tuple(sorted(found, key=lambda alarm: alarm.standing is not Standing.TROUBLE))


def _of(item: OpenCanary) -> Standing | None:
    counts = (item.errors, item.slow)
    is_worse = any(found is not None and found.verdict is Verdict.FAIL for found in counts)
    if is_worse or any(run.phase in {Phase.FAILED, Phase.ERROR} for run in item.named.canary.runs):
        return Standing.TROUBLE
    return Standing.UNDECIDED if item.named.canary.outcome is Outcome.INCONCLUSIVE else None
