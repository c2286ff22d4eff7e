"""Classes of inputs of the release gate: all inputs of one class meet and fail the very same checks.

The policy compares a number only with its own limit, a time of day only with the edges of windows, and it
looks up names only in its lists. So of each number it is enough to say on which side of its limit it is, and
the limits themselves become one and the same number: thousands of releases are a few hundred classes, and
policies that differ in their limits share them. What a class means is still for the policy to say.
"""

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

_Json = dict[str, Any]
_Settings = Mapping[str, Any]

#: More than this nobody counted (`data/release_gate.rego`, most_counted).
_MOST = 1_000_000_000
_NOW, _BEFORE, _AFTER = (f"{year}-01-05T12:00:00.000000Z" for year in (2026, 2000, 2200))
_OTHER = "-"
_FREEZE, _ROLLBACK = "freeze", "rollback"


def class_settings(settings: _Settings) -> _Json:
    """The data of a policy with every limit that `InputClasses` compares with replaced by one number."""
    return {
        **settings,
        "coverage": dict.fromkeys(settings["coverage"], 1),
        "budget_floor": dict.fromkeys(settings["budget_floor"], 1),
        "burn": dict.fromkeys(settings["burn"], 1),
        "rollbacks": dict.fromkeys(settings["rollbacks"], 1),
        "environments": {
            name: {**rule, "high_cves": 0, "slsa_level": 1} for name, rule in settings["environments"].items()
        },
    }


class InputClasses:
    """The classes of inputs under `settings`, the data of a policy."""

    def __init__(self, settings: _Settings) -> None:
        self._settings = settings
        services, tiers = settings["services"], settings["tiers"]
        self._service = _alike(services, lambda name: (services[name]["tier"], services[name]["best_effort"]))
        self._change = _alike(
            settings["change_types"],
            lambda name: (name == _ROLLBACK, *(name in rule["allowed"] for rule in tiers.values())),
        )
        self._abac = tuple(settings["abac_passing"])
        self._windows = {tier: _Windows(settings, tier) for tier in (1, 2, 3)}

    def of(self, document: Mapping[str, Any]) -> _Json:
        """The input that stands for the class of `document`, a prepared input, under `class_settings`."""
        settings = self._settings
        service = settings["services"].get(document["service"])
        tier = 1 if service is None else service["tier"]
        best_effort = service is not None and service["best_effort"]
        environment = document["environment"] if document["environment"] in settings["environments"] else None
        rule = settings["environments"][environment or settings["strictest_environment"]]
        stands = self._service.get(document["service"])
        told = _Freezes(document, stands, environment)
        return {
            "service": stands,
            "environment": environment,
            "version": _filled(document["version"]),
            "image": self._image(document["image"]),
            "change_type": self._change.get(document["change_type"], _known(document["change_type"], ())),
            "policy_tier": "best_effort"
            if best_effort
            else _known(document["policy_tier"], settings["tiers"]),
            "now": _NOW,
            "clock": self._windows[tier].clock(document["clock"]) if rule["window"] else None,
            "gates": self._gates(document["gates"], tier, rule),
            "slo": self._counts(document["slo"], tier)
            | ({} if best_effort else self._level(document["slo"], tier)),
            "freezes": told.freezes,
            "exceptions": told.exceptions,
            "approvals": [
                {"role": role} for role in sorted({item["role"] for item in document["approvals"]})
            ],
            **self._override(document),
        }

    def _image(self, image: str | None) -> str | None:
        """The registry that an image comes from, and what is odd about it; None when it is none of ours."""
        if image is None:
            return None
        starts = (f"{name.removesuffix('/')}/" for name in self._settings["trusted_registries"])
        start = next((start for start in starts if image.startswith(start) and image != start), None)
        odd = "".join(mark for mark in ("..", " ") if mark in image)
        return None if start is None else f"{start}x{odd}"

    def _gates(self, gates: Mapping[str, Mapping[str, Any]], tier: int, rule: Mapping[str, Any]) -> _Json:
        coverage = self._settings["coverage"][str(tier)]
        most = {"critical_cves": 0, "high_cves": rule["high_cves"], "secrets_found": 0}
        found: _Json = {}
        for gate, results in gates.items():
            told = found[gate] = {}
            for name, seen in results.items():
                if name == "coverage":
                    told[name] = int(_is_number(seen) and seen >= coverage)
                elif name == "slsa_level":
                    told[name] = int(_is_count(seen) and seen >= rule["slsa_level"])
                elif name in most:
                    told[name] = int(not (_is_count(seen) and seen <= most[name]))
                else:
                    told[name] = True if seen is True else _known(seen, ("pass", *self._abac))
        return found

    def _level(self, slo: Mapping[str, Any], tier: int) -> _Json:
        """The error budget and the burn rates: 1 from the limit on, 0 below it."""
        budget, burn = slo.get("error_budget_remaining"), self._settings["burn"]
        enough = _is_number(budget) and budget >= self._settings["budget_floor"][str(tier)]
        return {
            "error_budget_remaining": int(enough),
            "fast_burn_rate": int(not _is_below(slo.get("fast_burn_rate"), burn["fast_below"])),
            "slow_burn_rate": int(not _is_below(slo.get("slow_burn_rate"), burn["slow_below"])),
        }

    def _counts(self, slo: Mapping[str, Any], tier: int) -> _Json:
        """The open incidents that matter and the recent rollbacks: 1 from the limit on, 0 below it."""
        limits = {
            f"active_{severity.lower()}_incidents": 1 for severity in self._settings["incidents"][str(tier)]
        }
        limits["rollbacks_last_24h"] = self._settings["rollbacks"]["deny_from"]
        return {
            name: int(not (_is_count(slo.get(name)) and slo[name] < limit)) for name, limit in limits.items()
        }

    def _override(self, document: Mapping[str, Any]) -> _Json:
        if document["emergency_override"] is not True:
            return {}
        return {
            "emergency_override": True,
            "override_approver": _known(
                document["override_approver"], self._settings["override"]["approvers"]
            ),
            "incident_id": _filled(document["incident_id"]),
            "override_reason": _filled(document["override_reason"]),
        }


class _Windows:
    """The deployment windows of one service tier, as far as clocks can be told apart by them."""

    def __init__(self, settings: _Settings, tier: int) -> None:
        windows = [window for window in settings["windows"] if tier in window["service_tiers"]]
        self._edges = sorted({edge for window in windows for edge in (window["from"], window["until"])})
        self._day = _alike(
            settings["weekdays"], lambda day: tuple(day in window["days"] for window in windows)
        )

    def clock(self, clock: Mapping[str, str] | None) -> _Json | None:
        """The first day that has the same windows, and the edge that the time has passed last."""
        if clock is None:
            return None
        passed = bisect_right(self._edges, clock["time"])
        edge = self._edges[passed - 1] if passed else "00:00:00"
        return {"weekday": self._day[clock["weekday"]], "time": f"{edge}.000000"}


class _Freezes:
    """The freezes that are active and the exceptions, without their own names and times."""

    def __init__(self, document: Mapping[str, Any], service: str | None, environment: str | None) -> None:
        exceptions = document["exceptions"]
        lifted = {item.get("freeze") for item in exceptions if item["type"] == _FREEZE}
        kinds = {
            (
                _same(freeze["services"], document["service"], service),
                _same(freeze["environments"], document["environment"], environment),
                freeze["id"] in lifted,
            )
            for freeze in document["freezes"]
            if freeze["start"] <= document["now"] < freeze["end"]
        }
        ordered = list(enumerate(sorted(kinds)))
        self.freezes = [
            {
                "id": str(number),
                "start": _BEFORE,
                "end": _AFTER,
                "services": list(services),
                "environments": list(environments),
            }
            for number, (services, environments, _) in ordered
        ]
        bound: list[str | None] = [str(number) for number, (*_, is_named) in ordered if is_named]
        bound += [None] if None in lifted else []
        others = sorted({item["type"] for item in exceptions} - {_FREEZE})
        self.exceptions = [{"id": kind, "type": kind} for kind in others] + [
            {"id": f"{_FREEZE} {name}", "type": _FREEZE, "freeze": name} for name in bound
        ]


def _alike(names: Iterable[str], means: Callable[[str], Hashable]) -> dict[str, str]:
    """For each of `names` the first that `means` the same."""
    first: dict[Hashable, str] = {}
    return {name: first.setdefault(means(name), name) for name in names}


def _same(names: Iterable[str], own: str | None, stands_for_it: str | None) -> tuple[str, ...]:
    """`names` of what a freeze covers, as far as they tell whether it covers `own`."""
    listed = list(names)
    if not listed:
        return ()
    return (stands_for_it or _OTHER,) if own in listed else (_OTHER,)


def _known(value: Any, values: Iterable[str]) -> str | None:
    """`value` when it is one of `values`; another text is none of them, and anything else is missing."""
    if not isinstance(value, str):
        return None
    return value if value in values else _OTHER


def _filled(text: Any) -> str | None:
    return "x" if isinstance(text, str) and text.strip(" \t\r\n") else None


def _is_number(seen: Any) -> bool:
    return isinstance(seen, int | float) and not isinstance(seen, bool)


def _is_below(seen: Any, limit: float) -> bool:
    return _is_number(seen) and 0 <= seen < limit


def _is_count(seen: Any) -> bool:
    return _is_number(seen) and 0 <= seen <= _MOST and seen == int(seen)
