"""A Rollout's strategy: what Argo marks as invalid."""

from collections.abc import Iterator

from dashboard.domain.canary.lint.finding import Finding, at_key, at_value, finding
from dashboard.domain.canary.lint.rule_ids import RuleId
from dashboard.domain.canary.manifest.node import Manifest, Node

_STRATEGIES = ("canary", "blueGreen")
#: Traffic routers that need both services named.
_NEED_SERVICES = frozenset({"smi", "apisix", "ambassador", "nginx", "appMesh", "traefik"})
_DEFAULT_DEADLINE = 600
_REFUSED = RuleId.STRATEGY_REFUSED


def lint_rollout(manifest: Manifest) -> Iterator[Finding]:
    """What Argo refuses about the Rollout `manifest`, its steps aside."""
    spec = manifest.root.get("spec")
    if spec is None:
        return
    yield from _pods(manifest, spec)
    strategy = spec.get("strategy")
    written = [name for name in _STRATEGIES if strategy is not None and strategy.get(name) is not None]
    if len(written) != 1:
        found = "canary and blueGreen" if written else "neither canary nor blueGreen"
        message = f"found {found} in spec.strategy, expected one of them"
        yield finding(_REFUSED, at_key(manifest, strategy or spec), message, mend="Name one strategy.")
    canary, blue_green = spec.get("strategy", "canary"), spec.get("strategy", "blueGreen")
    if canary is not None:
        yield from _services(manifest, canary)
        yield from _needs_routing(manifest, canary)
        yield from _surge(manifest, canary)
    if blue_green is not None and blue_green.string("activeService"):
        yield from _same(manifest, blue_green, "activeService", "previewService")


def _pods(manifest: Manifest, spec: Node) -> Iterator[Finding]:
    if spec.get("workloadRef") is None:
        labels = spec.get("selector", "matchLabels") or spec.get("selector", "matchExpressions")
        if labels is None:
            message = "found no selector with labels, expected one (or workloadRef)"
            yield finding(_REFUSED, at_key(manifest, spec), message, mend="Add spec.selector.matchLabels.")
    elif spec.get("template") is not None:
        message = "found template beside workloadRef, expected one of them"
        yield finding(_REFUSED, at_key(manifest, spec.get("template") or spec), message, mend="Keep one.")
    ready, deadline = spec.get("minReadySeconds"), spec.get("progressDeadlineSeconds")
    least = ready.scalar if ready is not None else 0
    within = deadline.scalar if deadline is not None else _DEFAULT_DEADLINE
    late = isinstance(least, int) and isinstance(within, int) and within <= least
    if late and (node := deadline or ready) is not None:
        message = f"found progressDeadlineSeconds {within}, expected more than minReadySeconds {least}"
        yield finding(_REFUSED, at_key(manifest, node), message, mend="Raise the deadline.")


def _services(manifest: Manifest, canary: Node) -> Iterator[Finding]:
    yield from _same(manifest, canary, "canaryService", "stableService")
    routing = canary.get("trafficRouting")
    routers = set(routing.fields or {}) if routing is not None else set()
    needed = routers & _NEED_SERVICES
    if "alb" in routers and canary.get("pingPong") is None:
        needed.add("alb")
    if "istio" in routers and canary.get("trafficRouting", "istio", "destinationRule") is None:
        needed.add("istio")
    if routing is None or not needed:
        return
    for name in ("canaryService", "stableService"):
        if not canary.string(name):
            message = f"found no {name}, which traffic routing by {min(needed)} needs"
            yield finding(_REFUSED, at_key(manifest, routing), message, mend=f"Add {name}.")


def _same(manifest: Manifest, strategy: Node, one: str, other: str) -> Iterator[Finding]:
    first, second = strategy.string(one), strategy.string(other)
    node = strategy.get(other)
    if first and first == second and node is not None:
        message = f"found {second} as {other}, which {one} is already; expected two services"
        yield finding(_REFUSED, at_value(manifest, node), message, mend="Name two services.")


def _needs_routing(manifest: Manifest, canary: Node) -> Iterator[Finding]:
    """What works with traffic routing only."""
    routed = canary.get("trafficRouting") is not None
    delay, scale = canary.get("scaleDownDelaySeconds"), canary.get("dynamicStableScale")
    parts = [node for node in (delay, scale) if node is not None and node.scalar is not False]
    for step in canary.each("steps"):
        parts += [
            step.get(name) or step
            for name in ("setCanaryScale", "setHeaderRoute", "setMirrorRoute")
            if step.get(name) is not None
        ]
    if not routed:
        for node in parts:
            message = f"found {node.path[-1]} without trafficRouting, which it needs"
            yield finding(_REFUSED, at_key(manifest, node), message, mend="Add trafficRouting, or remove it.")
    elif delay is not None and scale is not None and scale.scalar is True:
        message = "found dynamicStableScale beside scaleDownDelaySeconds, expected one of them"
        yield finding(_REFUSED, at_key(manifest, scale), message, mend="Keep one of them.")
    if routed:
        yield from _managed_routes(manifest, canary)


def _managed_routes(manifest: Manifest, canary: Node) -> Iterator[Finding]:
    managed = {route.string("name") for route in canary.each("trafficRouting", "managedRoutes")}
    for step in canary.each("steps"):
        for name in ("setHeaderRoute", "setMirrorRoute"):
            route = step.get(name)
            called = route.string("name") if route is not None else None
            if route is not None and called not in managed:
                message = f"found {name} of the route {called or '?'}, which managedRoutes does not name"
                mend = f"Add it: trafficRouting.managedRoutes: [{{name: {called or 'NAME'}}}]."
                yield finding(_REFUSED, at_key(manifest, route), message, mend=mend)


def _surge(manifest: Manifest, canary: Node) -> Iterator[Finding]:
    surge, unavailable = canary.get("maxSurge"), canary.get("maxUnavailable")
    zero = {"0", "0%"}
    if surge is not None and unavailable is not None and surge.text in zero and unavailable.text in zero:
        message = "found maxSurge and maxUnavailable of 0, expected one of them above"
        yield finding(_REFUSED, at_key(manifest, surge), message, mend="Raise one of them.")
