"""One try of a canary of the demo: it goes up its steps until it is through, aborted, or the history ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto

from dashboard.demo.canary_analysis import DemoRun, Question, analysed, stopped, usual_length
from dashboard.demo.canary_counts import Arms
from dashboard.demo.canary_file import ConditionsField
from dashboard.demo.canary_manifests import Strategy, pause_of, run_spec
from dashboard.demo.canary_values import Measured
from dashboard.domain.canary.phases import Phase

_SECOND = timedelta(seconds=1)
#: So long until the pods of a weight are ready, at least.
_PODS_START = timedelta(seconds=15)
#: The controller needs this long from the end of an analysis to the next step.
_ON = timedelta(seconds=2)


class End(Enum):
    """How a try ends."""

    THROUGH = auto()
    ABORTED = auto()
    INCONCLUSIVE = auto()
    OPEN = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Particular:
    """What is particular about the analysis number `analysis` (from 1) of one try.

    From its weight on the share `failing` of the canary's requests fails, and `slower` times as many of them
    as of stable's are slow. `tried_again` says that it fails and another try follows, for which there has to
    be time.
    """

    analysis: int | None = None
    failing: float = 0.0
    slower: float = 1.0
    values: Mapping[str, Sequence[float]] = field(default_factory=dict)
    provider_errors: Mapping[str, int] = field(default_factory=dict)
    conditions: Mapping[str, ConditionsField] = field(default_factory=dict)
    tried_again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a step began, and the weight that the canary had then."""

    step: int
    at: datetime
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """A try as it went; `ended_at` is None while it is open."""

    attempt: int
    moments: tuple[Moment, ...]
    runs: tuple[DemoRun, ...]
    end: End
    ended_at: datetime | None


@dataclass(slots=True, kw_only=True)
class Climb:
    """What goes up the steps of `strategy`: `given` are the arguments of its analyses."""

    name: str
    strategy: Strategy
    given: Mapping[str, str]
    arms: Arms
    error_budget: float
    attempt: int
    now: datetime
    particular: Particular
    moments: list[Moment] = field(default_factory=list)
    runs: list[DemoRun] = field(default_factory=list)
    weight: int = 0
    _analyses: int = 0
    _beside: tuple[Question, datetime] | None = None
    _beside_run: DemoRun | None = None

    def length(self) -> timedelta:
        """How long it takes when nobody hurries; up to the analysis that fails, if one does."""
        found, analyses = timedelta(), 0
        failing = self.particular.failing or self.particular.values
        for index, step in enumerate(self.strategy.steps):
            if "setWeight" in step:
                found += _PODS_START
            elif "pause" in step:
                found += pause_of(step)
            elif "analysis" in step:
                analyses += 1
                if failing and analyses == self.particular.analysis:
                    return found + timedelta(seconds=30)
                found += usual_length(run_spec(self.strategy.templates(index), self.given, {})) + _ON
        return found

    @property
    def last_pause(self) -> timedelta:
        """How long the last pause is, which somebody may cut short."""
        pauses = [pause_of(step) for step in self.strategy.steps if "pause" in step]
        return pauses[-1] if pauses else timedelta()

    def go(self, began_at: datetime, until: datetime | None) -> Try:
        """Go up from there; what ends well is through at `until`, if that is given."""
        starts, pauses = self._lengths(None if until is None else until - began_at)
        at = began_at
        for index, step in enumerate(self.strategy.steps):
            if at > self.now:
                return self._stopped_at(End.OPEN, None)
            if index == self.strategy.background[1] and self.strategy.background[0]:
                self._beside = self._question(None, self.strategy.background[0]), at
            self.moments.append(Moment(step=index, at=at, weight=self.weight))
            if "analysis" in step:
                at, end = self._analyse(index, at)
            else:
                at, end = at + (pauses[index] if "pause" in step else starts), None
                self._advance(at)
                self.weight = int(step.get("setWeight", self.weight))
            failed = self._look_beside(min(at, self.now))
            if failed is not None:
                at, end = failed + _SECOND, End.ABORTED
            if end is not None:
                return self._stopped_at(end, at if end is End.ABORTED else None)
        open_ = at > self.now
        return self._stopped_at(End.OPEN if open_ else End.THROUGH, None if open_ else until or at)

    def _lengths(self, whole: timedelta | None) -> tuple[timedelta, dict[int, timedelta]]:
        """How long the pods of each weight take to start, and each pause; the last are cut first."""
        steps = self.strategy.steps
        pauses = {index: pause_of(step) for index, step in enumerate(steps) if "pause" in step}
        if whole is None or self.particular.tried_again:
            return _PODS_START, pauses
        spare = whole - self.length()
        weights = sum("setWeight" in step for step in steps[: self._last_step() + 1])
        if spare >= timedelta():
            return _PODS_START + timedelta(seconds=spare // _SECOND // weights), pauses
        for index in sorted(pauses, reverse=True):
            cut = min(-spare, pauses[index] - _SECOND)
            pauses[index] -= cut
            spare += cut
        return _PODS_START, pauses

    def _last_step(self) -> int:
        """The step that it does not pass, or the last one."""
        steps = self.strategy.steps
        analyses = [index for index, step in enumerate(steps) if "analysis" in step]
        special, fails = self.particular.analysis, self.particular.failing or self.particular.values
        return analyses[special - 1] if special is not None and fails else len(steps) - 1

    def _advance(self, until: datetime) -> None:
        special = self.particular
        if special.analysis == self._analyses + 1 and self.weight > 0:
            self.arms.advance(min(until, self.now), self.weight, special.failing, special.slower)
        else:
            self.arms.advance(min(until, self.now), self.weight)

    def _question(self, step: int | None, templates: Sequence[str]) -> Question:
        special = self.particular
        mine = step is not None and special.analysis == self._analyses
        return Question(
            name=self.name,
            step=step,
            attempt=self.attempt,
            spec=run_spec(templates, self.given, special.conditions if mine else {}),
            provider_errors=special.provider_errors if mine else {},
        )

    def _measured(self, *, mine: bool) -> Measured:
        return Measured(
            service=self.name,
            arms=self.arms,
            error_budget=self.error_budget,
            values=self.particular.values if mine else {},
        )

    def _analyse(self, index: int, at: datetime) -> tuple[datetime, End | None]:
        """When the next step begins, and how the analysis of the step `index` ends the try, if it does."""
        spec = run_spec(self.strategy.templates(index), self.given, {})
        # A provider that does not answer is asked again.
        self._advance(at + usual_length(spec) + timedelta(minutes=1))
        self._analyses += 1
        question = self._question(index, self.strategy.templates(index))
        mine = self._analyses == self.particular.analysis
        run = analysed(question, self._measured(mine=mine), at, self.now)
        self.runs.append(run)
        if run.ended_at is None:
            return self.now, End.OPEN
        if run.phase is Phase.INCONCLUSIVE:
            self.arms.rest(self.now, self.weight)
            return run.ended_at, End.INCONCLUSIVE
        if run.phase.ends_the_run:
            return run.ended_at + _SECOND, End.ABORTED
        return run.ended_at + _ON, None

    def _look_beside(self, until: datetime) -> datetime | None:
        """When what runs beside the steps ended it; None while it has not."""
        if self._beside is None or (self._beside_run is not None and self._beside_run.phase.is_final):
            return None
        question, began_at = self._beside
        self._beside_run = analysed(question, self._measured(mine=False), began_at, until)
        run = self._beside_run
        return run.ended_at if run.phase.ends_the_run else None

    def _stopped_at(self, end: End, at: datetime | None) -> Try:
        """End it: what still runs beside the steps is told to stop, and nothing is counted any more."""
        if self._beside is not None and (self._beside_run is None or not self._beside_run.phase.is_final):
            question, began_at = self._beside
            if at is not None and began_at <= at:
                self._beside_run = stopped(question, self._measured(mine=False), began_at, at)
            elif at is None:
                self._beside_run = analysed(question, self._measured(mine=False), began_at, self.now)
        if at is not None:
            self.moments = [moment for moment in self.moments if moment.at <= at]
            self.arms.pieces = [piece for piece in self.arms.pieces if piece.end <= at.timestamp()]
        return self._ended(end, at)

    def _ended(self, end: End, at: datetime | None) -> Try:
        runs = self.runs if self._beside_run is None else [*self.runs, self._beside_run]
        return Try(
            attempt=self.attempt,
            moments=tuple(self.moments),
            runs=tuple(run for run in runs if at is None or run.began_at <= at),
            end=end,
            ended_at=at,
        )
