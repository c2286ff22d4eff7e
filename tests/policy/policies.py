"""Policies to judge by: the shipped one, and others made from files as a team would write them."""

from pathlib import Path

from dashboard.config import load_catalog, load_policy
from dashboard.paths import DEFAULT_CATALOG, DEFAULT_POLICY
from dashboard.policy.data import GatePolicy, gate_policy

_INDICATOR = """
indicators:
  availability:
    description: Requests that did not fail
    good: sum by (service) (increase(good_total[{{bucket}}]))
    total: sum by (service) (increase(all_total[{{bucket}}]))
"""
_OBJECTIVES = "objectives: [{indicator: availability, target: 0.999, window: 30d}]"
#: A fleet with what the shipped one has not: tier 1 rolling and without an objective, tier 3 by canary.
OWN_CATALOG = (
    _INDICATOR
    + "services:\n"
    + f"  api: {{tier: 1, strategy: rolling, {_OBJECTIVES}}}\n"
    + "  pay: {tier: 1, strategy: feature-flag}\n"
    + f"  batch: {{tier: 2, strategy: standard-canary, {_OBJECTIVES}}}\n"
    + f"  tools: {{tier: 3, strategy: progressive-canary, {_OBJECTIVES}}}\n"
    + "  lamp: {tier: 3, strategy: rolling}\n"
)
#: Other numbers and lists everywhere, in a zone whose offset is no whole hour.
OWN_POLICY = """
timezone: America/St_Johns
burn_rate:
  gate: [{window: 5m, below: 1.5}, {window: 1h, below: 0.75}]
tiers:
  normal: {allowed: [feature, bugfix, config, security, emergency]}
  cautious: {allowed: [bugfix, migration], approvers: [Release Captain], notify: [SRE, CTO], pause_factor: 3}
  protected: {allowed: [bugfix], approvers: [SRE, Prüfer], pause_factor: 4, careful: true}
  exhausted: {allowed: [], approvers: [VP Engineering, CTO], careful: false}
  unknown: {allowed: [bugfix], approvers: [SRE], pause_factor: 10, careful: false}
release_gate:
  environments:
    live: {high_cves: 2, slsa_level: 4, image_signed: true, window: true}
    lab: {high_cves: 100, slsa_level: 0, image_signed: false, window: false}
  coverage: {1: 99.5, 2: 72.25, 3: 0}
  golden_path_tiers: []
  budget_floor: {1: 0.5, 2: 0, 3: 0.123456}
  incidents: {1: [P1, P2, P3], 2: [P3], 3: []}
  rollbacks: {warn_from: 1, deny_from: 1}
  trusted_registries: ["registry.example:5000/team/", ghcr.io/acme]
  relaxed_tiers: [2]
  windows:
    - {days: [Saturday, Sunday], from: "00:00", until: "24:00"}
    - {days: [Monday, Tuesday, Wednesday], from: "22:30", until: "24:00", service_tiers: [1, 3]}
  override_approvers: [on-call, "cto"]
"""


def shipped_policy() -> GatePolicy:
    """The policy of the product."""
    return gate_policy(load_policy(DEFAULT_POLICY), load_catalog(DEFAULT_CATALOG))


def written_policy(directory: Path, policy: str, catalog: str | None = None) -> GatePolicy:
    """The policy of these texts; the shipped catalogue, where there is none."""
    policy_file, catalog_file = directory / "policy.yaml", directory / "catalog.yaml"
    policy_file.write_text(policy, encoding="utf-8")
    catalog_file.write_text(catalog or DEFAULT_CATALOG.read_text(encoding="utf-8"), encoding="utf-8")
    return gate_policy(load_policy(policy_file), load_catalog(catalog_file))
