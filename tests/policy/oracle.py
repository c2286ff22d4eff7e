"""The release gate once more, in plain Python, to hold the policy in Rego against.

Written from the framework and `docs/adr/0015-how-the-release-gate-reads-the-framework.md`, not from the Rego.
Thresholds come from the data document, as they are configuration; which checks count where, and what lifts
them, is written out here again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.policy.oracle_calendar import (
    active_freezes,
    exceptions,
    freezes_are_known,
    in_a_window,
    lifts_freeze,
)
from tests.policy.oracle_values import (
    Json,
    below,
    count,
    entry,
    filled,
    number,
    objects,
    passed,
    rate,
    role_key,
)

#: From the loosest to the strictest (FRAMEWORK, Error budget policy; unknown as protected, and its reason).
_STRICTNESS = ("normal", "cautious", "protected", "unknown", "exhausted")
_GATES = ("build", "quality", "security", "slo", "policy", "approval")
_BUILD = {"build.typecheck", "build.compile", "build.lint", "build.format"}
_SLO = {
    *("slo.change_type", "slo.budget_remaining", "slo.fast_burn", "slo.slow_burn"),
    *("slo.incidents_p1", "slo.incidents_p2", "slo.incidents_p3", "slo.rollbacks"),
}
_KNOWN = {"policy.service", "policy.environment", "policy.version"}
_TIER_3 = {
    *_BUILD,
    *_KNOWN,
    *("quality.unit_tests", "quality.coverage", "security.critical_cves", "approval.freeze"),
}
_NOT_OF_A_ROLLBACK = {*_SLO, "approval.window", "approval.freeze", "approval.approvals"}
_NEVER_OVERRIDDEN = {*_BUILD, "security.critical_cves", "security.secrets"}
_LIFTED_BY = {
    "window": {"approval.window"},
    "security": {"security.critical_cves", "security.high_cves"},
    "slo": _SLO,
    "budget": {"slo.budget_remaining", "slo.change_type"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a decision says, without its explanations.

    By gate, `violated` is what is asked, not met, and lifted by no exception. `unmet` is what is not met as
    measured, `not_asked` the part of it that this release need not meet. `exceptions` are pairs of an
    exception's id and the check that it lifts, `overridden` what the override lifts.
    """

    allow: bool
    passes: Mapping[str, bool]
    violated: Mapping[str, frozenset[str]]
    unmet: frozenset[str]
    not_asked: frozenset[str]
    exceptions: frozenset[tuple[str, str]]
    approvals: tuple[tuple[str, bool], ...]
    requested: bool
    valid: bool
    used: bool
    overridden: frozenset[str]
    strategy: str
    steps: tuple[tuple[int, int, tuple[str, ...]], ...]
    change_type: str
    policy_tier: str


def decide(document: Mapping[str, Json], settings: Mapping[str, Any]) -> Verdict:
    """The decision for the input `document` under `settings`, the data document."""
    release = _Release(document, settings)
    unmet = {code for code, met in release.checks() if not met}
    asked = {code for code in unmet if release.asks(code)}
    lifted = {(name, code) for code in asked for name in release.lifting(code)}
    violated = asked - {code for _, code in lifted}
    if release.asks("approval.freeze"):
        lifted |= {(name, "approval.freeze") for name in release.lifting_freezes()}
    passes = {gate: not any(code.startswith(f"{gate}.") for code in violated) for gate in _GATES}
    requested = document.get("emergency_override") is True
    valid = requested and release.names_an_emergency() and not unmet & _NEVER_OVERRIDDEN
    used = valid and not all(passes.values())
    strategy = release.strategy()
    return Verdict(
        allow=all(passes.values()) or used,
        passes=passes,
        violated={gate: frozenset(c for c in violated if c.startswith(f"{gate}.")) for gate in _GATES},
        unmet=frozenset(unmet),
        not_asked=frozenset(unmet - asked),
        exceptions=frozenset(lifted),
        approvals=tuple((role, release.approved(role)) for role in release.approvers()),
        requested=requested,
        valid=valid,
        used=used,
        overridden=frozenset(violated) if used else frozenset(),
        strategy=strategy,
        steps=release.steps(strategy),
        change_type=release.change_type or "feature",
        policy_tier="best_effort" if release.best_effort else release.policy_tier or "unknown",
    )


class _Release:
    def __init__(self, document: Mapping[str, Json], settings: Mapping[str, Any]) -> None:
        self.document = document
        self.exceptions = exceptions(document)
        self.settings = settings
        self.service = entry(settings["services"], document.get("service"))
        self.environment = entry(settings["environments"], document.get("environment"))
        self.rules = self.environment or settings["environments"][settings["strictest_environment"]]
        self.tier: int = self.service["tier"] if self.service else 1
        self.best_effort = bool(self.service and self.service["best_effort"])
        told_tier = document.get("policy_tier")
        known_tier = isinstance(told_tier, str) and told_tier in settings["tiers"]
        self.policy_tier: str | None = told_tier if known_tier and not self.best_effort else None
        self.untold = self.policy_tier is None and not self.best_effort
        self.migration = document.get("has_database_migration") is True
        self.change_type = self._change_type()
        self.rollback = self.change_type == "rollback"
        self.relaxed = self.service is not None and self.tier in settings["relaxed"]["service_tiers"]
        self.factor = 1 if self.best_effort else self._factor()

    def _change_type(self) -> str | None:
        told = self.document.get("change_type")
        if told is None:
            return "migration" if self.migration else "feature"
        return told if isinstance(told, str) and told in self.settings["change_types"] else None

    def _factor(self) -> int:
        tiers = self.settings["tiers"]
        factors: list[int] = [tier["pause_factor"] for tier in tiers.values()]
        return max(factors) if self.policy_tier is None else int(tiers[self.policy_tier]["pause_factor"])

    def checks(self) -> Iterator[tuple[str, bool]]:
        """Every check of this release, and whether it is met as measured."""
        yield from self._build_and_quality()
        yield from self._security()
        yield from self._slo()
        yield from self._policy()
        yield (
            "approval.window",
            not self.rules["window"] or in_a_window(self.document, self.settings, self.tier),
        )
        yield "approval.freeze", freezes_are_known(self.document) and not self._standing_freezes()
        yield "approval.approvals", all(self.approved(role) for role in self.approvers())

    def _build_and_quality(self) -> Iterator[tuple[str, bool]]:
        for name in ("compile", "lint", "format"):
            yield f"build.{name}", passed(self._told("gates", "build", name))
        yield "build.typecheck", passed(self._told("gates", "build", "typescript"))
        for name in ("unit_tests", "integration_tests"):
            yield f"quality.{name}", passed(self._told("gates", "quality", name))
        if self.tier in self.settings["golden_path_tiers"]:
            yield "quality.golden_path", passed(self._told("gates", "quality", "golden_path"))
        floor = self.settings["coverage"][str(self.tier)]
        yield "quality.coverage", number(self._told("gates", "quality", "coverage"), lambda n: n >= floor)

    def _security(self) -> Iterator[tuple[str, bool]]:
        def told(name: str) -> Json:
            return self._told("gates", "security", name)

        yield "security.critical_cves", count(told("critical_cves"), lambda n: n == 0)
        yield "security.high_cves", count(told("high_cves"), lambda n: n <= self.rules["high_cves"])
        yield "security.secrets", count(told("secrets_found"), lambda n: n == 0)
        yield "security.image_signed", not self.rules["image_signed"] or told("image_signed") is True
        yield "security.slsa_level", count(told("slsa_level"), lambda n: n >= self.rules["slsa_level"])

    def _slo(self) -> Iterator[tuple[str, bool]]:
        yield "slo.change_type", self._change_is_allowed()
        if not self.best_effort:
            floor, burn = self.settings["budget_floor"][str(self.tier)], self.settings["burn"]
            remaining = self._told("slo", "error_budget_remaining")
            yield "slo.budget_remaining", number(remaining, lambda n: n >= floor)
            for pace in ("fast", "slow"):
                told = self._told("slo", f"{pace}_burn_rate")
                yield f"slo.{pace}_burn", rate(told, below(burn[f"{pace}_below"]))
        for severity in self.settings["incidents"][str(self.tier)]:
            name = severity.lower()
            told = self._told("slo", f"active_{name}_incidents")
            yield f"slo.incidents_{name}", count(told, lambda n: n == 0)
        most = self.settings["rollbacks"]["deny_from"]
        yield "slo.rollbacks", count(self._told("slo", "rollbacks_last_24h"), lambda n: n < most)

    def _policy(self) -> Iterator[tuple[str, bool]]:
        yield "policy.service", self.service is not None
        yield "policy.environment", self.environment is not None
        yield "policy.version", filled(self.document.get("version"))
        yield "policy.registry", self._image_is_trusted(self.document.get("image"))
        abac = self._told("gates", "policy", "abac_check")
        yield "policy.abac", passed(abac) or abac in ("skipped", "not_applicable")

    def asks(self, code: str) -> bool:
        """Whether `code` counts for this release."""
        if self.rollback and code in _NOT_OF_A_ROLLBACK:
            return False
        return not self.relaxed or code in _TIER_3

    def lifting(self, code: str) -> list[str]:
        """The first exception that stands in for `code`, if any does."""
        if code == "slo.change_type" and self.change_type is None:
            return []
        void = {"slo"} if self.untold or self.policy_tier == "exhausted" else set()
        found = [
            one
            for one in self.exceptions
            if code in _LIFTED_BY.get(one["type"], ()) and one["type"] not in void
        ]
        return [one["id"] for one in found[:1]]

    def lifting_freezes(self) -> list[str]:
        """The exceptions that lift an active freeze: of several, the first."""
        found = (
            [one["id"] for one in self.exceptions if lifts_freeze(one, f)] for f in self._active_freezes()
        )
        return [names[0] for names in found if names]

    def names_an_emergency(self) -> bool:
        """Whether somebody who may override said why."""
        approver = self.document.get("override_approver")
        return (
            isinstance(approver, str)
            and approver in self.settings["override"]["approvers"]
            and filled(self.document.get("incident_id"))
            and filled(self.document.get("override_reason"))
        )

    def approvers(self) -> list[str]:
        """The roles whose approval this release needs."""
        if self.rollback or self.best_effort or self.relaxed:
            return []
        tiers = self.settings["tiers"]
        if self.policy_tier is not None:
            return list(tiers[self.policy_tier]["approvers"])
        return list(dict.fromkeys(role for tier in tiers.values() for role in tier["approvers"]))

    def approved(self, role: str) -> bool:
        """Whether somebody of `role` approved, or everybody whom a stricter tier would ask."""
        approvals = [item.get("role") for item in objects(self.document.get("approvals"))]
        given = {role_key(item) for item in approvals if isinstance(item, str)}
        if role_key(role) in given:
            return True
        tiers = self.settings["tiers"]
        order = list(_STRICTNESS)
        stricter = order[order.index(self.policy_tier) + 1 :] if self.policy_tier is not None else []
        asked = [{role_key(other) for other in tiers[name]["approvers"]} for name in stricter]
        return any(roles and roles <= given for roles in asked)

    def strategy(self) -> str:
        """How the release should be deployed."""
        if self.migration or self.change_type == "migration":
            return "blue-green"
        own: str = self.service["strategy"] if self.service else "progressive-canary"
        careful_in = self.settings["careful_in"]
        careful = bool(careful_in) if self.untold else self.policy_tier in careful_in
        if careful and self.tier == 1 and own not in ("progressive-canary", "standard-canary", "blue-green"):
            return "progressive-canary"
        return own

    def steps(self, strategy: str) -> tuple[tuple[int, int, tuple[str, ...]], ...]:
        """The steps of a canary: weight, pause in seconds, analyses."""
        factor = 1 if self.rollback else self.factor
        return tuple(
            (step["weight"], step["pause_seconds"] * factor, tuple(step["analysis"]))
            for step in self.settings["canaries"].get(strategy, ())
        )

    def _told(self, *path: str) -> Json:
        value: Json = self.document
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def _change_is_allowed(self) -> bool:
        if self.change_type is None:
            return False
        if self.best_effort:
            return True
        if self.policy_tier is None:
            return False
        allowed = self.settings["tiers"][self.policy_tier]["allowed"]
        if self.document.get("change_type") is None:
            return set(self.settings["change_types"]) <= set(allowed)
        return self.change_type in allowed

    def _image_is_trusted(self, image: Json) -> bool:
        if not isinstance(image, str) or ".." in image or " " in image:
            return False
        starts = (f"{registry.removesuffix('/')}/" for registry in self.settings["trusted_registries"])
        return any(image.startswith(start) and image != start for start in starts)

    def _active_freezes(self) -> list[dict[str, Json]]:
        return active_freezes(
            self.document, service=self.service is not None, environment=self.environment is not None
        )

    def _standing_freezes(self) -> list[dict[str, Json]]:
        return [f for f in self._active_freezes() if not any(lifts_freeze(one, f) for one in self.exceptions)]
