"""The fields of AnalysisTemplate, ClusterAnalysisTemplate and AnalysisRun, and of what their metrics ask."""

from collections.abc import Mapping
from types import MappingProxyType

from dashboard.domain.canary.manifest.shape import (
    ANYTHING,
    COUNT,
    FLAG,
    TEXT,
    TEXT_BY_NAME,
    TEXTS,
    WHOLE,
    Shape,
    each,
    group,
)

LABELS = group(labels=TEXT_BY_NAME, annotations=TEXT_BY_NAME)
SELECTOR = group(
    matchLabels=TEXT_BY_NAME,
    matchExpressions=each(group("key operator", key=TEXT, operator=TEXT, values=TEXTS)),
)
_HEADERS = each(group("key value", key=TEXT, value=TEXT))
_AUTHENTICATION = group(
    sigv4=group(region=TEXT, profile=TEXT, roleArn=TEXT),
    oauth2=group(tokenUrl=TEXT, clientId=TEXT, clientSecret=TEXT, scopes=TEXTS),
)
_QUERY_AT = group(address=TEXT, query=TEXT)
DRY_RUN = each(group("metricName", metricName=TEXT))
RETENTION = each(group("metricName limit", metricName=TEXT, limit=WHOLE))
TEMPLATES = each(group(templateName=TEXT, clusterScope=FLAG))
FIELD_REF = group("fieldPath", fieldPath=TEXT)
_CLOUDWATCH_STAT = group(
    metric=group(metricName=TEXT, namespace=TEXT, dimensions=each(group(name=TEXT, value=TEXT))),
    period=COUNT,
    stat=TEXT,
    unit=TEXT,
)
_SCOPE = group("scope region step start end", scope=TEXT, region=TEXT, step=WHOLE, start=TEXT, end=TEXT)

PROVIDERS: Mapping[str, Shape] = MappingProxyType(
    {
        "prometheus": group(
            address=TEXT,
            query=TEXT,
            timeout=WHOLE,
            insecure=FLAG,
            headers=_HEADERS,
            authentication=_AUTHENTICATION,
            rangeQuery=group(start=TEXT, end=TEXT, step=TEXT),
        ),
        "web": group(
            "url",
            url=TEXT,
            method=TEXT,
            body=TEXT,
            jsonBody=ANYTHING,
            jsonPath=TEXT,
            timeoutSeconds=WHOLE,
            insecure=FLAG,
            headers=_HEADERS,
            authentication=_AUTHENTICATION,
        ),
        "job": group("spec", metadata=LABELS, spec=ANYTHING),
        "datadog": group(
            apiVersion=TEXT,
            interval=TEXT,
            query=TEXT,
            queries=TEXT_BY_NAME,
            formula=TEXT,
            aggregator=TEXT,
            requestTimeout=TEXT,
            secretRef=group(name=TEXT, namespaced=FLAG),
        ),
        "kayenta": group(
            "address application canaryConfigName configurationAccountName metricsAccountName scopes"
            " storageAccountName threshold",
            address=TEXT,
            application=TEXT,
            canaryConfigName=TEXT,
            configurationAccountName=TEXT,
            metricsAccountName=TEXT,
            storageAccountName=TEXT,
            threshold=group("pass marginal", **{"pass": WHOLE, "marginal": WHOLE}),
            scopes=each(
                group(
                    "name controlScope experimentScope",
                    name=TEXT,
                    controlScope=_SCOPE,
                    experimentScope=_SCOPE,
                )
            ),
        ),
        "newRelic": group("query", profile=TEXT, query=TEXT, timeout=WHOLE),
        "cloudWatch": group(
            "metricDataQueries",
            interval=TEXT,
            metricDataQueries=each(
                group(
                    id=TEXT,
                    expression=TEXT,
                    label=TEXT,
                    period=COUNT,
                    returnData=FLAG,
                    metricStat=_CLOUDWATCH_STAT,
                )
            ),
        ),
        "graphite": _QUERY_AT,
        "influxdb": group(profile=TEXT, query=TEXT),
        "skywalking": group(address=TEXT, query=TEXT, interval=TEXT),
        "wavefront": _QUERY_AT,
        "gcp": ANYTHING,
        "plugin": ANYTHING,
    }
)

METRIC = group(
    "name",
    name=TEXT,
    interval=TEXT,
    initialDelay=TEXT,
    count=COUNT,
    successCondition=TEXT,
    failureCondition=TEXT,
    failureLimit=COUNT,
    inconclusiveLimit=COUNT,
    consecutiveErrorLimit=COUNT,
    consecutiveSuccessLimit=COUNT,
    provider=group(**PROVIDERS),
)
_TEMPLATE_ARGS = each(
    group(
        "name",
        name=TEXT,
        value=TEXT,
        valueFrom=group(secretKeyRef=group("key name", key=TEXT, name=TEXT), fieldRef=FIELD_REF),
    )
)
ANALYSIS_SPEC: Mapping[str, Shape] = MappingProxyType(
    {
        "metrics": each(METRIC),
        "args": _TEMPLATE_ARGS,
        "dryRun": DRY_RUN,
        "measurementRetention": RETENTION,
    }
)
