"""Commands to copy, with the release filled in; none of them is ever run by this product."""

from collections.abc import Sequence
from shlex import quote
from typing import NamedTuple

import streamlit as st

from dashboard.domain.gate_rules import GateRules
from dashboard.domain.slo import Strategy
from dashboard.reports.release_page import ReleasePage

_CANARIES = (Strategy.PROGRESSIVE_CANARY, Strategy.STANDARD_CANARY)


class Commands(NamedTuple):
    """What a few commands are for, and the commands."""

    title: str
    lines: tuple[str, ...]


def draw(page: ReleasePage, rules: GateRules) -> None:
    """Every group of commands under its title."""
    for found in commands(page, rules):
        st.markdown(f"**{found.title}**")
        # Without a language: the colours of one are too faint to be read by everybody.
        st.code("\n".join(found.lines), language=None, wrap_lines=True)


def commands(page: ReleasePage, rules: GateRules) -> Sequence[Commands]:
    """The commands for a release; what is not known is written in capitals, for a person to fill in."""
    choice = page.choice
    service, where = quote(choice.service), quote(choice.environment)
    version = "VERSION" if choice.version is None else quote(choice.version)
    image = "IMAGE" if page.image is None else quote(page.image)
    release = f"--service {service} --version {version} --environment {where}"
    kind = page.change.value
    role = quote(page.roles[0].required.role) if page.roles else "ROLE"
    told = f"--change-type {kind} --image {image} --requested-by WHO --evidence ci.json"
    ask = f"reliability gate {release} {told}"
    question = '"data.companyos.release.decision"'
    rollouts = "kubectl argo rollouts"
    watched = ("status", "promote", "abort", "undo") if _is_canary(page) else ("status", "undo")
    steps = [f"{rollouts} set image {service} {service}={image} -n {where}"]
    steps += [f"{rollouts} {step} {service} -n {where}" for step in watched]
    found = [
        Commands(
            title="Ask the gate, and record the answer",
            lines=(ask,),
        ),
        Commands(
            title="Approve it (who approves proves who they are with their own token)",
            lines=(f"reliability approve {release} --role {role} --reason 'WHY'",),
        ),
        Commands(
            title=f"Ask for an exception ({', '.join(kind.value for kind in rules.exceptions)})",
            lines=(f"reliability exception request --type TYPE {release} --reason 'WHY' --mitigation 'HOW'",),
        ),
        Commands(title="Deploy, watch, go on, stop, go back (Argo Rollouts)", lines=tuple(steps)),
        Commands(
            title="Go back (Helm)",
            lines=(f"helm rollback {service} REVISION --cleanup-on-fail -n {where}",),
        ),
        Commands(
            title="The same decision by OPA itself",
            lines=(
                "reliability policy data > data.json",
                f"{ask} --print-input > input.json",
                f"opa eval -d data/release_gate.rego -d data.json -i input.json {question}",
            ),
        ),
    ]
    return tuple(found)


def _is_canary(page: ReleasePage) -> bool:
    return page.decision.strategy in {strategy.value for strategy in _CANARIES}
