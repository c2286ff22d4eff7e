"""The PromQL that counts the requests of pods between two looks: each increment of a counter once.

`increase()` would extrapolate what it sees between the first and the last sample of its range to the whole
of it, by as much as two or three scrapes are of a tick: a count of five errors may be told as ten. Here
counters are subtracted as they stood at the end and at the beginning of a tick.
"""

from collections.abc import Iterable

from dashboard.domain.canary.arm_counts import ArmCounters
from dashboard.domain.canary.measure import Measure

#: The label that tells the counts of one answer apart, and what it says.
SIDE = "counted"
GOOD, TOTAL = "good", "total"
FAST, TIMED = "fast", "timed"

#: Of each measure, what is not bad, and all.
SIDES = {Measure.ERRORS: (GOOD, TOTAL), Measure.SLOW: (FAST, TIMED)}


def arm_query(counters: ArmCounters, pods: Iterable[str]) -> str:
    """Good and all requests of `pods` (hashes) in a tick, by the labels of `arm_labels`, in one answer.

    In one, so that both are of the same samples, and so are the fast ones and all whose time was taken.
    """
    hashes = "|".join(sorted(pods))
    asked = []
    for measure, counted in counters.by_measure.items():
        good, total = (text.replace("{{pod_hashes}}", hashes) for text in counted)
        asked += [
            _labelled(counters, side, _counted(counters, text, total))
            for side, text in zip(SIDES[measure], (good, total), strict=True)
        ]
    return " or ".join(asked)


def arm_labels(counters: ArmCounters) -> tuple[str, str, str]:
    """Namespace, hash of the pods, and `SIDE`."""
    return counters.namespace_label, counters.pod_hash_label, SIDE


def _labelled(counters: ArmCounters, side: str, counted: str) -> str:
    namespace, pods = counters.namespace_label, counters.pod_hash_label
    return f'label_replace(sum by ({namespace}, {pods}) ({counted}), "{SIDE}", "{side}", "{namespace}", ".*")'


def _counted(counters: ArmCounters, counter: str, total: str) -> str:
    """By how much each series grew.

    One that fell was set back by a restart, and counts anew from 0. One that is new where a target was read
    before, as of the first request that failed, has counted all that it says since; one of a new target has
    not told when it began, and says nothing yet.
    """
    before = f"{counter} offset {int(counters.tick.total_seconds())}s"
    known = f"{total} offset {int(counters.tick.total_seconds())}s"
    grown = f"(({counter} - {before}) >= 0)"
    restarted = f"({counter} < {before})"
    new = f"(({counter} unless {before}) and on ({counters.target_label}) ({known}))"
    return f"{grown} or {restarted} or {new}"
