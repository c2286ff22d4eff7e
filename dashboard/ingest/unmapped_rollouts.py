"""Rollouts that are none of the catalogue's services: stored, but no service shows their canaries."""

from collections.abc import Iterable, Iterator

from dashboard.domain.canary.rollouts import RolloutState
from dashboard.domain.names import NameMap
from dashboard.sources.argo_observations import Observation


class UnmappedRollouts:
    """Observations as they pass by; after that `names` has the Rollouts that none of ours is called by.

    A Rollout is found by its runs as well, as far as they pass by here.
    """

    def __init__(self, names: NameMap, observations: Iterable[Observation]) -> None:
        self._names = names
        self._observations = observations
        self._unmapped: dict[str, str] = {}
        self._mapped: set[str] = set()

    def __iter__(self) -> Iterator[Observation]:
        """Each observation, as it is."""
        for item in self._observations:
            if any(self._names.service(name) is not None for name in item.names):
                self._mapped.add(item.rollout or "")
            elif isinstance(item, RolloutState):
                self._unmapped[item.rollout] = item.name
            yield item

    @property
    def names(self) -> list[str]:
        """The names of those Rollouts, each once."""
        found = (name for rollout, name in self._unmapped.items() if rollout not in self._mapped)
        return sorted(set(found))
