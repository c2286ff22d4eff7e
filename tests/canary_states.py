"""States of Rollouts and AnalysisRuns, as the sources read them, for tests of what follows from them."""

from typing import Any

from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.domain.canary.rollouts import RolloutState
from dashboard.sources.argo_fields import fields
from dashboard.sources.argo_rollout_state import rollout_state
from dashboard.sources.argo_run_state import run_state
from tests import rollout_objects


def state(*args: Any, **more: Any) -> RolloutState:
    """A Rollout as `rollout_objects.rollout` makes it."""
    found = rollout_state(fields("test", rollout_objects.rollout(*args, **more)))
    assert found is not None
    return found


def run(*args: Any, **more: Any) -> AnalysisRunState:
    """An AnalysisRun as `rollout_objects.analysis_run` makes it."""
    found = run_state(fields("test", rollout_objects.analysis_run(*args, **more)))
    assert found is not None
    return found
