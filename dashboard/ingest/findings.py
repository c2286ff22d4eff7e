"""What a sync found wrong, gathered so that each thing is told once, with the names it concerns."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from dashboard.domain.canary.measure import Measure
from dashboard.domain.sli_bucket import BucketFault
from dashboard.domain.slo import Objective
from dashboard.errors import SourceUnreachableError
from dashboard.store.sli import SliBatch
from dashboard.store.sync_log import Problem, SyncOutcome

#: What problems of the counts of canaries are about; no indicator can be called so.
CANARY_COUNTS = "canary counts"
#: Of each measure, what kind of problem it is when nothing of it is found, and of what there is nothing.
_SILENT = {
    Measure.ERRORS: ("no_series", "requests"),
    Measure.SLOW: ("no_series_of_latency", "fast requests and their total (latency)"),
}
_NAMES_SHOWN = 5
_ARMS_SHOWN = 2


@dataclass(slots=True)
class Findings:
    """The findings of one sync so far. `given_up` are indicators that failed or answered only in part."""

    unreachable: bool = False
    stopped: bool = False
    given_up: set[str] = field(default_factory=set)
    _errors: dict[str, str] = field(default_factory=dict)
    _warnings: dict[str, str] = field(default_factory=dict)
    _faults: dict[tuple[str, BucketFault], set[str]] = field(default_factory=dict)
    _uncatalogued: dict[str, set[str]] = field(default_factory=dict)
    _bound: dict[str, set[str]] = field(default_factory=dict)
    _answered: dict[str, set[str]] = field(default_factory=dict)
    _silent_canaries: Mapping[Measure, Mapping[str, str]] | None = None
    _ambiguous_canaries: set[str] = field(default_factory=set)

    def failed(self, indicator: str, error: SourceUnreachableError, *, everything: bool) -> None:
        """`indicator` got no answer; with `everything`, no other one will either."""
        self.unreachable = self.unreachable or everything
        self.given_up.add(indicator)
        self._errors.setdefault(indicator, str(error))

    def partial(self, indicator: str, warnings: Iterable[str]) -> None:
        """The source warned that its answer on `indicator` is partial."""
        self.given_up.add(indicator)
        self._warnings.setdefault(indicator, "; ".join(dict.fromkeys(warnings)))

    def chunk_read(
        self,
        indicator: str,
        batches: Mapping[Objective, SliBatch],
        answered: Iterable[str],
        catalogued: Collection[str],
    ) -> None:
        """One chunk of `indicator` is stored; the source answered for the services in `answered`.

        One that is `catalogued` without an objective on this indicator is nothing to tell.
        """
        bound = {objective.service for objective in batches}
        answered = set(answered)
        self._bound.setdefault(indicator, set()).update(bound)
        self._answered.setdefault(indicator, set()).update(answered)
        self._uncatalogued.setdefault(indicator, set()).update(answered - bound - set(catalogued))
        for objective, batch in batches.items():
            for flag in batch.flagged:
                if flag.fault is not BucketFault.PARTIAL_ANSWER:
                    self._faults.setdefault((indicator, flag.fault), set()).add(objective.service)

    def canaries_counted(self, silent: Mapping[Measure, Mapping[str, str]], ambiguous: set[str]) -> None:
        """The arms of all canaries were counted, but of those in `silent` there was nothing to count.

        It says of each, by measure, which of its arms has series.

        Those in `ambiguous` were left out, since another Rollout has pods of the same hash.
        """
        self._silent_canaries, self._ambiguous_canaries = silent, ambiguous

    @property
    def read(self) -> set[str]:
        """What was read without an error, so that what is not found wrong with it now is well."""
        counted = set() if self._silent_canaries is None else {CANARY_COUNTS}
        return set() if self.stopped else (self._bound.keys() | counted) - self._errors.keys()

    def problems(self) -> list[Problem]:
        """Everything that is wrong, one problem per indicator and kind."""
        found = [_problem(name, "source", message) for name, message in self._errors.items()]
        found += [
            _problem(name, "partial_answer", f"partial answer, nothing of it is counted: {message}")
            for name, message in self._warnings.items()
        ]
        found += [
            _problem(name, fault.value, f"{fault.sentence}: {_names(services)}")
            for (name, fault), services in self._faults.items()
        ]
        found += [
            _problem(name, "uncatalogued", f"series without a catalogue entry: {_names(services)}")
            for name, services in self._uncatalogued.items()
            if services
        ]
        found += [
            _problem(name, "no_series", f"catalogue entries without a series: {_names(missing)}")
            for name, bound in self._bound.items()
            # What was not read to the end may still have a series.
            if name in self.read and (missing := bound - self._answered[name])
        ]
        found += [
            _problem(CANARY_COUNTS, kind, _silence(rollouts, what))
            for measure, rollouts in (self._silent_canaries or {}).items()
            if rollouts
            for kind, what in [_SILENT[measure]]
        ]
        if self._ambiguous_canaries:
            found.append(_problem(CANARY_COUNTS, "ambiguous", _ambiguity(self._ambiguous_canaries)))
        return found

    def outcome(self) -> SyncOutcome:
        """Whether everything was read, some of it, or nothing."""
        if self.stopped:
            return SyncOutcome.STOPPED
        if self._errors and not self._answered:
            return SyncOutcome.FAILED
        return SyncOutcome.PARTIAL if self._errors or self._warnings else SyncOutcome.OK

    def summary(self) -> str:
        """The sources' errors in one line; empty when there is none."""
        by_message: dict[str, list[str]] = {}
        for name, message in (self._errors | self._warnings).items():
            by_message.setdefault(message, []).append(name)
        return "; ".join(f"{', '.join(names)}: {message}" for message, names in by_message.items())


def _problem(indicator: str, kind: str, message: str) -> Problem:
    return Problem(subject=indicator, kind=kind, message=message)


def _silence(rollouts: Mapping[str, str], what: str) -> str:
    arms = "; ".join(f"{name}: {rollouts[name]}" for name in sorted(rollouts)[:_ARMS_SHOWN])
    return (
        f"no {what} of canary and stable found for {_names(rollouts)}: expected series with the labels that"
        f" canary_counts of the catalogue names, and requests to both; {arms}"
    )


def _ambiguity(rollouts: set[str]) -> str:
    return (
        f"two Rollouts have pods of the same hash in a namespace of the same name: {_names(rollouts)}:"
        " expected counters of one cluster, nothing is counted of them"
    )


def _names(services: Collection[str]) -> str:
    shown = sorted(services)[:_NAMES_SHOWN]
    more = len(services) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
