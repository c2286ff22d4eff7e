"""Random releases: mostly well-formed, near the limits, with some things missing or broken."""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.policy.junk import TEXTS, broken
from tests.policy.releases import CHANGE_TYPES, POLICY_TIERS, Document, clock, moment, release

Settings = Mapping[str, Any]
# Weeks with a change of the clock in Europe, a year's end and a leap day; none is near the next.
_WEEKS = (
    *(
        datetime(2026, 3, 25, tzinfo=UTC),
        datetime(2026, 10, 21, tzinfo=UTC),
        datetime(2026, 12, 28, tzinfo=UTC),
    ),
    *(datetime(2028, 2, 26, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)),
)
_STEPS = (timedelta(0), timedelta(microseconds=1), timedelta(hours=3), timedelta(days=2))
_RESULTS = (True, "fail", False, "skipped", "not_applicable", "PASS", " pass", "", 1, 0, None)
_ROLES = ("sre", "Vp engineering", "VP  Engineering", "vp_engineering", "ＳＲＥ", "prüfer", "")
_IMAGES = (
    *("registry.intelgraph.local/api", "ghcr.io/brianclong/summit/api@sha256:0", "ghcr.io/acme-evil/x"),
    *("ghcr.io/acme", "ghcr.io/acme/", "ghcr.io/acme/../evil/x", "evil.example/ghcr.io/acme/x"),
    *("GHCR.io/acme/x", "ghcr.io/acme/a..b", "ghcr.io/acme//x", " ghcr.io/acme/x", "nginx", ""),
)


def random_release(rng: random.Random, settings: Settings) -> Document:
    """A release under `settings`: each part is good with a high probability, and some are then broken."""
    local = rng.choice(_WEEKS).replace(tzinfo=ZoneInfo(settings["timezone"]))
    local += timedelta(hours=rng.randrange(24 * 7), minutes=rng.choice((0, 0, 30, 59)))
    now = local.astimezone(UTC) + timedelta(microseconds=rng.choice((0, 0, 0, 1, -1)))
    service = _one_of(rng, tuple(settings["services"]), ("nobody-s", "API", ""))
    document = release(
        {
            "service": service,
            "environment": _one_of(rng, tuple(settings["environments"]), ("moon", "Production", "")),
            "version": _maybe(rng, 0.03, "2.14.0", TEXTS),
            "image": _maybe(rng, 0.1, f"{settings['trusted_registries'][0]}/api:1", _IMAGES),
            "change_type": _one_of(rng, CHANGE_TYPES, ("refactor", "", "Feature", None)),
            "policy_tier": _one_of(rng, POLICY_TIERS[: rng.choice((1, 2, 5))], ("gold", "", None)),
            "now": moment(now),
            "clock": clock(now, settings["timezone"]),
            "gates": _gates(rng, settings),
            "slo": _slo(rng, settings),
            "has_database_migration": rng.random() < 0.1,
            "approvals": _approvals(rng, settings),
            "exceptions": _exceptions(rng),
            "freezes": _freezes(rng, now, service),
        }
    )
    if rng.random() < 0.25:
        document |= _override(rng, settings)
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 4))):
        broken(rng, document)
    return document


def _gates(rng: random.Random, settings: Settings) -> Document:
    rules = tuple(settings["environments"].values())

    def result() -> Any:
        return _maybe(rng, 0.04, "pass", _RESULTS)

    def count(usual: int, *limits: int) -> Any:
        return _maybe(rng, 0.06, usual, (*_near(limits), 0.5, 4.5, 5.0, 10**9, 10**9 + 1))

    return {
        "build": {name: result() for name in ("typescript", "compile", "lint", "format")},
        "quality": {
            **{name: result() for name in ("unit_tests", "integration_tests", "golden_path")},
            "coverage": _maybe(rng, 0.15, 91.5, (*_near(settings["coverage"].values()), 0, 100, 101)),
        },
        "security": {
            "critical_cves": count(0, 0),
            "high_cves": count(0, *(rule["high_cves"] for rule in rules)),
            "secrets_found": count(0, 0),
            "image_signed": _maybe(rng, 0.05, usual=True, others=_RESULTS),
            "slsa_level": count(3, *(rule["slsa_level"] for rule in rules)),
        },
        "policy": {"abac_check": _maybe(rng, 0.1, "pass", _RESULTS)},
    }


def _slo(rng: random.Random, settings: Settings) -> Document:
    floors, burn, rollbacks = settings["budget_floor"].values(), settings["burn"], settings["rollbacks"]
    counts = (1, 2, -1, 0.5, 1.0, 0.0)
    return {
        "error_budget_remaining": _maybe(
            rng, 0.15, round(rng.uniform(30, 100), 6), (*_near(floors), 0, -0.000001, -250.5, 100)
        ),
        "fast_burn_rate": _maybe(rng, 0.06, 0.25, (*_near([burn["fast_below"]]), 0, -1, 14.4)),
        "slow_burn_rate": _maybe(
            rng, 0.15, 0.125, (*_near([burn["slow_below"], burn["slow_warn_from"]]), -0.1, 3)
        ),
        **{f"active_p{severity}_incidents": _maybe(rng, 0.03, 0, counts) for severity in (1, 2, 3)},
        "rollbacks_last_24h": _maybe(rng, 0.1, 0, (*_near(rollbacks.values()), 1.5, 7)),
    }


def _near(limits: Any) -> tuple[Any, ...]:
    """Each of `limits`, and what is just beside it, to the sixth decimal."""
    return tuple(
        value
        for limit in limits
        for value in (
            limit,
            float(limit),
            round(limit - 1e-6, 6),
            round(limit + 1e-6, 6),
            limit - 1,
            limit + 1,
        )
    )


def _approvals(rng: random.Random, settings: Settings) -> list[Document]:
    asked = [role for tier in settings["tiers"].values() for role in tier["approvers"]]
    names = (*asked, *asked, *(role.upper().replace(" ", "-") for role in asked), *_ROLES)
    return [{"role": rng.choice(names), "by": "kim"} for _ in range(rng.choice((0, 0, 1, 2, 5)))]


def _exceptions(rng: random.Random) -> list[Document]:
    found = []
    for number in range(rng.choice((0, 0, 0, 1, 1, 2, 3))):
        kind = rng.choice(("window", "security", "slo", "budget", "freeze", "freeze", "holiday"))
        one: Document = {"id": f"EXC-{number}", "type": kind}
        if kind == "freeze" and rng.random() < 0.7:
            one["freeze"] = rng.choice(("F0", "F1", "F2", None))
        found.append(one)
    return found


def _freezes(rng: random.Random, now: datetime, service: Any) -> list[Document]:
    return [
        {
            "id": f"F{number}",
            "start": moment(now + rng.choice((-1, -1, -1, 0, 1)) * rng.choice(_STEPS)),
            "end": moment(now + rng.choice((-1, 0, 1, 1, 1)) * rng.choice(_STEPS)),
            "services": rng.choice(([], [service], ["api", "docs"], ["redis"])),
            "environments": rng.choice(([], ["production"], ["staging", "development"])),
            "reason": "Cyber Monday",
        }
        for number in range(rng.choice((0, 0, 0, 0, 1, 2, 3)))
    ]


def _override(rng: random.Random, settings: Settings) -> Document:
    approvers = (*settings["override"]["approvers"], "SRE Lead", "me", "", None)
    return {
        "emergency_override": _maybe(rng, 0.1, usual=True, others=(False, "true", 1, None)),
        "override_approver": rng.choice(approvers),
        "override_reason": _maybe(rng, 0.1, "Logins fail", TEXTS),
        "incident_id": _maybe(rng, 0.1, "INC-4711", TEXTS),
    }


def _maybe(rng: random.Random, share: float, usual: Any, others: Sequence[Any]) -> Any:
    return rng.choice(others) if rng.random() < share else usual


def _one_of(rng: random.Random, ours: Sequence[Any], others: Sequence[Any]) -> Any:
    return _maybe(rng, 0.04, rng.choice(ours), others)
