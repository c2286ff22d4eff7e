"""The fields that Argo Rollouts' resources have, as its API (argoproj.io/v1alpha1, 1.9) knows them.

Source: the custom resource definitions of Argo Rollouts. What the API server does not know it drops without a
word, so a misspelt or mis-indented limit is as if it had never been written.
"""

from collections.abc import Mapping
from types import MappingProxyType

from dashboard.domain.canary.manifest.analysis_fields import ANALYSIS_SPEC, TEMPLATES
from dashboard.domain.canary.manifest.rollout_fields import ROLLOUT_SPEC
from dashboard.domain.canary.manifest.shape import ANYTHING, FLAG, TEXT, WHOLE, Kind, Shape, group


def _resource(spec: Shape) -> Shape:
    whole = {"apiVersion": TEXT, "kind": TEXT, "metadata": ANYTHING, "status": ANYTHING, "spec": spec}
    return Shape(
        kind=Kind.GROUP,
        fields=MappingProxyType(whole),
        required=frozenset({"apiVersion", "kind", "metadata", "spec"}),
    )


_TTL = group(secondsAfterCompletion=WHOLE, secondsAfterFailure=WHOLE, secondsAfterSuccess=WHOLE)
_TEMPLATE = _resource(group(**ANALYSIS_SPEC, templates=TEMPLATES))
#: What is linted, by its kind.
RESOURCES: Mapping[str, Shape] = MappingProxyType(
    {
        "AnalysisTemplate": _TEMPLATE,
        "ClusterAnalysisTemplate": _TEMPLATE,
        "AnalysisRun": _resource(group(terminate=FLAG, ttlStrategy=_TTL, **ANALYSIS_SPEC)),
        "Rollout": _resource(ROLLOUT_SPEC),
    }
)
#: The kinds of the API group that are read past.
OTHER_KINDS = frozenset(
    {"Experiment", "RolloutPlugin", "Application", "AppProject", "ApplicationSet"}
    | {"Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow"}
    | {"EventSource", "Sensor", "EventBus"}
)
