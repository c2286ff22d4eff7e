"""Objects of Kubernetes → what they tell of canaries; other kinds are counted, not read."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.domain.canary.rollouts import RolloutState
from dashboard.errors import InputError
from dashboard.sources.argo_fields import Fields, fields
from dashboard.sources.argo_rollout_state import rollout_state
from dashboard.sources.argo_run_state import run_state

#: What one look at the objects of a cluster tells.
Observation = RolloutState | AnalysisRunState

GROUP = "argoproj.io"
ROLLOUT_KIND, RUN_KIND = "Rollout", "AnalysisRun"
_LONGEST_KIND = 60
#: A column of the files of counts.
_COUNTED = "canary_total"


class Observations:
    """The observations in `objects`, which messages call `called`, read one by one.

    After that `passed_over` tells how many objects of which other kind there were, and `never_run` how many
    Rollouts and AnalysisRuns no cluster has run: manifests, say.
    """

    def __init__(self, called: str, objects: Iterable[Any]) -> None:
        self.seen = 0
        self.passed_over: Counter[str] = Counter()
        self.never_run = 0
        self._called = called
        self._objects = objects

    def __iter__(self) -> Iterator[Observation]:
        """Each observation.

        Raises:
            InputError: an object cannot be read; it names the object, the field, what was found and expected.
        """
        for number, item in enumerate(self._objects, start=1):
            self.seen = number
            if item is None:
                continue  # an empty document
            if isinstance(item, str) and _COUNTED in item:
                raise InputError(
                    f"{self._called}: found counts of both arms, expected Rollouts or AnalysisRuns; counts"
                    " are imported with --counts-of ID"
                )
            found = self._read(fields(f"{self._called}: object {number}", item))
            if found is not None:
                yield found

    def _read(self, item: Fields) -> Observation | None:
        kind = _kind(item)
        if not kind:
            raise InputError(
                f"{item.at('kind')}: found nothing, expected {ROLLOUT_KIND}, {RUN_KIND} or another kind"
            )
        if kind not in {ROLLOUT_KIND, RUN_KIND}:
            self.passed_over[kind] += 1
            return None
        found = observation(self._called, item.values)
        if found is None:
            self.never_run += 1
        return found


def observation(called: str, item: Any) -> Observation | None:
    """What one Rollout or AnalysisRun tells; None of another kind, and of one that no cluster has run.

    Raises:
        InputError: it cannot be read.
    """
    whole = fields(called, item)
    kind = _kind(whole)
    named = Fields(where=f"{called}: {kind} {_name(whole)}", values=whole.values)
    if kind == ROLLOUT_KIND:
        return rollout_state(named)
    return run_state(named) if kind == RUN_KIND else None


def _name(item: Fields) -> str:
    metadata = item.part("metadata")
    parts = [metadata.text("namespace"), metadata.text("name")]
    return "/".join(part for part in parts if part)[:200] or "without a name"


def _kind(item: Fields) -> str:
    """The kind of `item`, with its group where that is not Argo's: others have Rollouts as well.

    The items of a list need not name theirs, so it is told by what only a Rollout or an AnalysisRun has.
    Empty of anything else that does not.
    """
    kind, version = item.text("kind").strip(), item.text("apiVersion").strip()
    kind = kind or _kind_by_shape(item)
    group, slash, _ = version.partition("/")
    if kind in {ROLLOUT_KIND, RUN_KIND} and version and (not slash or group != GROUP):
        kind = f"{kind} ({version})"
    return kind[:_LONGEST_KIND]


def _kind_by_shape(item: Fields) -> str:
    spec, status = item.part("spec"), item.part("status")
    if status.has("metricResults") or (status.values and spec.has("metrics", "analysisSpec")):
        return RUN_KIND
    strategy = spec.values.get("strategy")
    of_rollout = isinstance(strategy, dict) and not {"canary", "blueGreen"}.isdisjoint(strategy)
    return ROLLOUT_KIND if of_rollout else ""
