"""The fields of a Rollout."""

from collections.abc import Mapping
from types import MappingProxyType

from dashboard.domain.canary.manifest.analysis_fields import (
    DRY_RUN,
    FIELD_REF,
    LABELS,
    RETENTION,
    SELECTOR,
    TEMPLATES,
)
from dashboard.domain.canary.manifest.shape import (
    ANYTHING,
    COUNT,
    FLAG,
    TEXT,
    WHOLE,
    Shape,
    each,
    group,
)

_ROLLOUT_ARGS = each(
    group("name", name=TEXT, value=TEXT, valueFrom=group(podTemplateHashValue=TEXT, fieldRef=FIELD_REF))
)
_ANALYSIS: Mapping[str, Shape] = MappingProxyType(
    {
        "templates": TEMPLATES,
        "args": _ROLLOUT_ARGS,
        "dryRun": DRY_RUN,
        "measurementRetention": RETENTION,
        "analysisRunMetadata": LABELS,
    }
)
_MATCH = group(exact=TEXT, regex=TEXT, prefix=TEXT)
_EXPERIMENT = group(
    "templates",
    duration=TEXT,
    dryRun=DRY_RUN,
    analysisRunMetadata=LABELS,
    templates=each(
        group(
            "name specRef",
            name=TEXT,
            specRef=TEXT,
            replicas=WHOLE,
            weight=WHOLE,
            metadata=LABELS,
            selector=SELECTOR,
            service=group(name=TEXT),
        )
    ),
    analyses=each(
        group(
            "name templateName",
            name=TEXT,
            templateName=TEXT,
            clusterScope=FLAG,
            requiredForCompletion=FLAG,
            args=_ROLLOUT_ARGS,
        )
    ),
)
STEP = group(
    setWeight=WHOLE,
    pause=group(duration=COUNT),
    analysis=group(**_ANALYSIS),
    experiment=_EXPERIMENT,
    setCanaryScale=group(weight=WHOLE, replicas=WHOLE, matchTrafficWeight=FLAG),
    setHeaderRoute=group(
        name=TEXT, match=each(group("headerName headerValue", headerName=TEXT, headerValue=_MATCH))
    ),
    setMirrorRoute=group(
        "name", name=TEXT, percentage=WHOLE, match=each(group(method=_MATCH, path=_MATCH, headers=ANYTHING))
    ),
    plugin=group("name", name=TEXT, config=ANYTHING, disabled=FLAG),
)
_ANTI_AFFINITY = group(
    preferredDuringSchedulingIgnoredDuringExecution=group("weight", weight=WHOLE),
    requiredDuringSchedulingIgnoredDuringExecution=ANYTHING,
)
_CANARY = group(
    canaryService=TEXT,
    stableService=TEXT,
    canaryMetadata=LABELS,
    stableMetadata=LABELS,
    steps=each(STEP),
    analysis=group(startingStep=WHOLE, **_ANALYSIS),
    trafficRouting=ANYTHING,
    maxSurge=COUNT,
    maxUnavailable=COUNT,
    minPodsPerReplicaSet=WHOLE,
    scaleDownDelaySeconds=WHOLE,
    scaleDownDelayRevisionLimit=WHOLE,
    abortScaleDownDelaySeconds=WHOLE,
    dynamicStableScale=FLAG,
    replicaProgressThreshold=group("type value", type=TEXT, value=WHOLE),
    pingPong=group("pingService pongService", pingService=TEXT, pongService=TEXT),
    antiAffinity=_ANTI_AFFINITY,
)
_BLUE_GREEN = group(
    "activeService",
    activeService=TEXT,
    previewService=TEXT,
    previewReplicaCount=WHOLE,
    autoPromotionEnabled=FLAG,
    autoPromotionSeconds=WHOLE,
    maxUnavailable=COUNT,
    prePromotionAnalysis=group(**_ANALYSIS),
    postPromotionAnalysis=group(**_ANALYSIS),
    activeMetadata=LABELS,
    previewMetadata=LABELS,
    scaleDownDelaySeconds=WHOLE,
    scaleDownDelayRevisionLimit=WHOLE,
    abortScaleDownDelaySeconds=WHOLE,
    antiAffinity=_ANTI_AFFINITY,
)
ROLLOUT_SPEC = group(
    replicas=WHOLE,
    selector=SELECTOR,
    template=ANYTHING,
    workloadRef=group(apiVersion=TEXT, kind=TEXT, name=TEXT, scaleDown=TEXT),
    strategy=group(canary=_CANARY, blueGreen=_BLUE_GREEN),
    minReadySeconds=WHOLE,
    revisionHistoryLimit=WHOLE,
    progressDeadlineSeconds=WHOLE,
    progressDeadlineAbort=FLAG,
    paused=FLAG,
    restartAt=TEXT,
    rollbackWindow=group(revisions=WHOLE),
    analysis=group(successfulRunHistoryLimit=WHOLE, unsuccessfulRunHistoryLimit=WHOLE),
)
