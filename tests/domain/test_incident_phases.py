"""Each phase against its target: exact, never clamped, and what cannot be told is excluded."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.config import load_policy
from dashboard.domain.incident_phases import Exclusion, Phase, PhaseOutcome, PhaseResult, phase_outcomes
from dashboard.domain.incidents import Incident, Severity, as_of
from dashboard.paths import DEFAULT_POLICY
from tests.happenings import PHASE_TARGETS, T0, at, incident

MICRO = timedelta(microseconds=1)
MET, MISSED = PhaseResult.MET, PhaseResult.MISSED
UNDETERMINED, EXCLUDED = PhaseResult.UNDETERMINED, PhaseResult.EXCLUDED
PARTS = (Phase.DETECT, Phase.TRIAGE, Phase.MITIGATE, Phase.RECOVER)


def _outcomes(subject: Incident, now: float = 10_000) -> dict[Phase, PhaseOutcome]:
    return phase_outcomes(subject, PHASE_TARGETS, at(now))


def _results(subject: Incident, now: float = 10_000) -> str:
    """A letter for each phase, in order: m met, x missed, ? undetermined, - excluded."""
    letters = {MET: "m", MISSED: "x", UNDETERMINED: "?", EXCLUDED: "-"}
    return "".join(letters[outcome.result] for outcome in _outcomes(subject, now).values())


def _exclusions(subject: Incident) -> list[Exclusion | None]:
    return [outcome.exclusion for outcome in _outcomes(subject).values()]


def test_the_targets_of_the_policy_are_the_frameworks() -> None:
    assert {
        key: dict(of) for key, of in load_policy(DEFAULT_POLICY).incidents.targets.items()
    } == PHASE_TARGETS


@pytest.mark.parametrize("severity", Severity)
def test_a_duration_meets_its_target_exactly_and_misses_it_by_a_microsecond(severity: Severity) -> None:
    targets = PHASE_TARGETS[severity]
    length = {phase: target / timedelta(minutes=1) for phase, target in targets.items()}
    detected = length[Phase.DETECT]
    acknowledged = detected + length[Phase.TRIAGE]
    mitigated = acknowledged + length[Phase.MITIGATE]

    def subject(resolved: float, late: float = 0) -> Incident:
        return incident(
            "i",
            0,
            resolved + 4 * late,
            detected=detected + late,
            acknowledged=acknowledged + 2 * late,
            mitigated=mitigated + 3 * late,
            severity=severity,
        )

    exact = subject(mitigated + length[Phase.RECOVER])
    assert _results(exact) == "mmmmm"
    micro = MICRO / timedelta(minutes=1)
    assert _results(subject(mitigated + length[Phase.RECOVER], micro)) == "xxxxx"


def test_no_part_of_a_second_is_cut_off_of_a_duration() -> None:
    late = incident("i", 0, 60 + 0.5 / 60, detected=5 + 0.9 / 60)
    found = _outcomes(late)
    assert found[Phase.DETECT].duration == timedelta(minutes=5, seconds=0.9)
    assert (found[Phase.DETECT].result, found[Phase.TOTAL].result) == (MISSED, MISSED)


def test_without_an_acknowledgement_mitigation_counts_from_detection_against_both_targets() -> None:
    subject = incident("i", 0, 50, detected=5, mitigated=30)
    found = _outcomes(subject)
    assert _results(subject) == "m-mmm"
    mitigate = found[Phase.MITIGATE]
    assert (mitigate.duration, mitigate.target) == (timedelta(minutes=25), timedelta(minutes=25))
    assert mitigate.without_acknowledgement
    assert found[Phase.TRIAGE].exclusion is Exclusion.MISSING_TIME
    assert [phase for phase in Phase if found[phase].without_acknowledgement] == [Phase.MITIGATE]
    assert _results(incident("i", 0, 50, detected=5, mitigated=30.001)) == "m-xmm"


def test_an_open_incident_past_its_target_is_a_miss_and_within_it_undetermined() -> None:
    subject = incident("i", 0, detected=5)
    for now, results in ((15, "m????"), (15.001, "mx???"), (60, "mx???"), (60.001, "mx??x")):
        assert _results(subject, now) == results
    triage = _outcomes(subject, 16)[Phase.TRIAGE]
    assert (triage.duration, triage.open_for) == (None, timedelta(minutes=11))


@pytest.mark.parametrize(
    ("times", "results", "exclusions"),
    [
        # started, detected, acknowledged, mitigated, resolved
        ((0, 5, 10, 20, 30), "mmmmm", {}),
        ((None, 5, 10, 20, 30), "-mmm-", {0: "missing_time", 4: "missing_time"}),
        ((0, None, 10, 20, 30), "--mmm", {0: "missing_time", 1: "missing_time"}),
        ((0, 5, None, 20, 30), "m-mmm", {1: "missing_time"}),
        ((0, None, None, 20, 30), "---mm", {0: "missing_time", 1: "missing_time", 2: "missing_time"}),
        ((0, 5, 10, None, 30), "mm--m", {2: "missing_time", 3: "missing_time"}),
        ((0, None, None, None, 30), "----m", dict.fromkeys(range(4), "missing_time")),
        ((6, 5, 10, 20, 30), "-mmmm", {0: "out_of_order"}),
        ((0, 11, 10, 20, 30), "x-mmm", {1: "out_of_order"}),
        ((0, 5, 25, 20, 30), "mx-mm", {2: "out_of_order"}),
        ((0, 5, 10, 31, 30), "mmx-m", {3: "out_of_order"}),
        ((31, 32, 33, 34, 30), "mmm--", {3: "out_of_order", 4: "out_of_order"}),
        ((0, 5, None, None, None), "mx??x", {}),
        ((None, 5, None, None, None), "-x???", {0: "missing_time"}),
    ],
)
def test_a_missing_time_and_a_wrong_order_exclude_the_phases_that_need_it(
    times: tuple[float | None, ...], results: str, exclusions: dict[int, str]
) -> None:
    started, detected, acknowledged, mitigated, resolved = times
    subject = incident(
        "i", started, resolved, detected=detected, acknowledged=acknowledged, mitigated=mitigated
    )
    assert _results(subject) == results
    assert {index: why.value for index, why in enumerate(_exclusions(subject)) if why} == exclusions


def test_what_nobody_measured_the_beginning_of_has_no_detection_but_a_total() -> None:
    subject = incident("i", 5, 30, detected=5, acknowledged=10, mitigated=20, start_is_detection=True)
    assert _results(subject) == "-mmmm"
    assert _exclusions(subject)[0] is Exclusion.START_NOT_MEASURED
    assert _outcomes(subject)[Phase.DETECT].duration is None


def test_without_a_severity_there_are_durations_and_no_results() -> None:
    subject = incident("i", 0, 30, detected=5, acknowledged=10, mitigated=20, severity=None)
    found = _outcomes(subject)
    assert _results(subject) == "-----"
    assert [outcome.duration for outcome in found.values()] == [
        timedelta(minutes=n) for n in (5, 5, 10, 10, 30)
    ]
    assert {outcome.target for outcome in found.values()} == {None}
    assert _results(incident("i", 0, severity=None), now=10**6)[-1] == "?"


_MICROS = st.none() | st.integers(0, 3 * 3_600_000_000)
_INCIDENTS = st.builds(
    lambda times, severity, *, unmeasured: incident(
        "i",
        times[1] if unmeasured and times[1] is not None else times[0],
        times[4],
        detected=times[1],
        acknowledged=times[2],
        mitigated=times[3],
        severity=severity,
        start_is_detection=unmeasured and times[1] is not None,
    ),
    st.lists(_MICROS, min_size=5, max_size=5).map(
        lambda times: [None if time is None else time / 60_000_000 for time in times]
    ),
    st.none() | st.sampled_from(Severity),
    unmeasured=st.booleans(),
)
_NOW = st.integers(0, 5 * 3_600_000_000).map(lambda micros: T0 + micros * MICRO)


@given(
    times=st.lists(st.integers(0, 3 * 3_600_000_000), min_size=5, max_size=5).map(sorted),
    severity=st.none() | st.sampled_from(Severity),
)
def test_the_four_phases_add_up_to_the_total_when_all_times_are_known(
    times: list[int], severity: Severity | None
) -> None:
    moments = [micros / 60_000_000 for micros in times]
    subject = incident(
        "i",
        moments[0],
        moments[4],
        detected=moments[1],
        acknowledged=moments[2],
        mitigated=moments[3],
        severity=severity,
    )
    found = phase_outcomes(subject, PHASE_TARGETS, subject.times[-1])
    lengths = [found[phase].duration for phase in PARTS]
    assert (
        sum((length for length in lengths if length is not None), timedelta(0)) == found[Phase.TOTAL].duration
    )
    assert None not in lengths


@settings(max_examples=1000)
@given(subject=_INCIDENTS, one=_NOW, other=_NOW)
def test_what_was_missed_at_an_earlier_instant_is_never_met_later(
    subject: Incident, one: datetime, other: datetime
) -> None:
    """Whatever came in between: it stays missed, or is excluded by a time that became known since.

    That is so of triage when mitigation comes without an acknowledgement, and of mitigation when an
    acknowledgement comes after it. Every other phase that has ended stays what it was.
    """
    early, late = sorted((one, other))
    then, now = as_of(subject, early), as_of(subject, late)
    if then is None or now is None:
        return
    before = phase_outcomes(then, PHASE_TARGETS, early)
    after = phase_outcomes(now, PHASE_TARGETS, late)
    for phase in Phase:
        was, became = before[phase], after[phase]
        if was.result is MISSED:
            assert became.result in {MISSED, EXCLUDED}
        if was.duration is not None and became != was:
            assert (phase, was.without_acknowledgement) == (Phase.MITIGATE, True)
            assert became.exclusion is Exclusion.OUT_OF_ORDER


def test_a_missed_triage_is_excluded_once_mitigation_came_without_an_acknowledgement() -> None:
    subject = incident("i", 0, detected=5, mitigated=20)
    before = as_of(subject, at(16))
    assert before is not None
    assert _results(before, 16) == "mx???"
    assert _results(subject, 20) == "m-m??"


def test_what_was_excluded_may_be_met_once_its_time_is_known() -> None:
    """Only out of order: an acknowledgement before the detection."""
    subject = incident("i", 0, detected=5, acknowledged=2)
    before = as_of(subject, at(3))
    assert before is not None
    assert _results(before, 3)[0] == "-"
    assert _results(subject, 6)[0] == "m"


@given(subject=_INCIDENTS, now=_NOW)
def test_no_outcome_contradicts_itself(subject: Incident, now: datetime) -> None:
    seen = as_of(subject, now)
    if seen is None:
        return
    for outcome in phase_outcomes(seen, PHASE_TARGETS, now).values():
        assert outcome.duration is None or outcome.open_for is None
        assert outcome.exclusion is None or outcome.duration is outcome.open_for is None
        for length in (outcome.duration, outcome.open_for):
            assert length is None or length >= timedelta(0)
        length = outcome.duration or outcome.open_for
        if outcome.result is MET:
            assert outcome.duration is not None
            assert outcome.target is not None
            assert outcome.duration <= outcome.target
        if outcome.result is MISSED:
            assert length is not None
            assert outcome.target is not None
            assert length > outcome.target
        if outcome.result is EXCLUDED:
            assert outcome.exclusion is not None or outcome.target is None
