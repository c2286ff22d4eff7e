"""The rules of `reliability canary lint`: what each finds, how bad that is, and its mend.

Sources: the validation, the controllers and the providers of Argo Rollouts 1.9, and the condition language
that it pins (expr 1.17.8).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from dashboard.domain.canary.lint.rule_ids import RuleId


class Severity(StrEnum):
    """How bad a finding is; only errors make the lint say no."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a rule finds (`what`), how bad it is, how it is put right, and the group it is shown in."""

    group: str
    severity: Severity
    what: str
    mend: str


# A group has a line of its own; a rule has a line with its name and severity, and below it, indented, what it
# finds and after > its mend.
_TABLE = """
# How it is written
repeated-key error
  A key stands twice in one mapping: the last one wins without a word.
  > Keep one of them.
unquoted-placeholder error
  `{{args.x}}` without quotes: YAML reads a mapping of a mapping, and the API server refuses it.
  > Put it in quotes.
unknown-field error
  A field that Argo does not know in this place: the API server drops it without a word, so a limit or
  condition in it does not exist.
  > Move or rename it as the finding says.
missing-field error
  A field without which the API server refuses the object.
  > Add it.
wrong-type error
  A value of another type than the API has: the API server refuses the object.
  > Write it as the finding says.
unknown-kind error
  A kind or API version that Argo Rollouts does not have: nothing would be created.
  > Write it as the finding says.
nothing-to-lint warning
  No AnalysisTemplate, ClusterAnalysisTemplate, AnalysisRun or Rollout in the file.
  > Give the file that has them.
# What Argo refuses to run
no-metrics error
  An analysis without metrics: the run ends in Error at once.
  > Add a metric, or `templates` that have some.
metric-name-twice error
  Two metrics of one analysis share a name: the run cannot be created.
  > Give each its own name.
no-provider error
  A metric that asks nobody: the run ends in Error at once.
  > Add one provider.
several-providers error
  A metric with more than one provider: the run ends in Error at once.
  > Make a metric of each.
count-without-interval error
  Several measurements without a time between them: the run ends in Error at once.
  > Add `interval`.
duration-unreadable error
  A duration that Go cannot read: the run ends in Error, or the Rollout is refused.
  > Use h, m and s, such as 90s or 1h30m.
interval-not-positive warning
  An interval of nothing or less: measurements follow each other without a pause.
  > Give a positive interval.
number-unreadable error
  A number written as text that is none: Argo reads it as 0.
  > Write a whole number.
limit-negative error
  A count or limit below zero: the run ends in Error, or after its first measurement.
  > Give zero or more.
limit-above-count error
  A limit above the number of measurements: the run ends in Error at once.
  > Lower the limit below the count.
endless-analysis error
  A metric without an end in a step, before or after a promotion: the Rollout is refused, since it would
  wait for ever.
  > Add `count`.
argument-undeclared error
  A placeholder for an argument that the template does not declare: the run ends in Error.
  > Declare it in `args`.
placeholder-unknown error
  A placeholder that is no argument: Argo resolves `{{args.NAME}}` only, the run ends in Error.
  > Write `{{args.NAME}}`.
argument-without-value error
  An argument that nobody gives a value: the run cannot be created.
  > Give it a value in the template or in the Rollout.
argument-twice error
  An argument that is declared or given twice.
  > Keep one of them.
argument-conflict error
  Two templates of one analysis declare an argument with different values: the run cannot be created.
  > Give both the same value, or none.
argument-with-both error
  An argument with a value and a reference: the run ends in Error.
  > Keep one of them.
dry-run-without-match error
  A rule of `dryRun` or `measurementRetention` that fits no metric: the run ends in Error.
  > Name a metric; the pattern for all is .*
pattern-not-checked info
  A pattern of metric names that uses what is not read here, such as \\b or \\pL: nothing is said about it.
  > Name the metrics themselves.
address-unreadable error
  An address without http:// or https://: every measurement ends in Error.
  > Write the scheme as well.
web-request-refused error
  A web request that Argo does not send: every measurement ends in Error.
  > Use POST or PUT with one of body and jsonBody.
job-restart-policy error
  A job whose pods would be restarted for ever: the API server refuses the job, every measurement ends in
  Error.
  > Set restartPolicy to Never or OnFailure.
strategy-refused error
  A Rollout that Argo marks as invalid and does not roll out.
  > Put right what the finding names.
step-refused error
  A step with nothing to do or with more than one thing: the Rollout is refused.
  > One of setWeight, pause, analysis and so on a step.
weight-out-of-range error
  A weight outside of 0 to 100: the Rollout is refused.
  > Give 0 to 100, or the maxTrafficWeight.
# What is decided wrongly
vector-compared error
  A comparison of a whole vector with a number: a type error at each measurement, five in a row end the
  analysis in Error and the rollout aborts.
  > Compare one element, such as result[0] < 0.02
scalar-indexed error
  An index into a single number: a type error at each measurement, five in a row end the analysis in Error
  and the rollout aborts.
  > Compare result itself.
condition-unreadable error
  A condition that does not parse: each measurement ends in Error, five in a row abort the rollout.
  > Put right what the finding names.
single-equals error
  `=` where a comparison is meant: the condition does not parse, each measurement ends in Error.
  > Write ==
condition-type-error error
  A condition that fails for whatever this provider answers: each measurement ends in Error, five in a row
  abort the rollout.
  > Put right what the finding names.
condition-not-checked info
  A condition outside of the language that we replay exactly, or on answers whose shape is not known here:
  nothing is said about it but that it parses.
  > Keep to comparisons, and, or, not and the functions of the documentation; try it with a dry run.
condition-constant warning
  A condition that says the same whatever is measured; an error where that is a success.
  > Write what should make a difference.
conditions-overlap warning
  A value that meets both conditions: failure wins.
  > Let the two exclude each other.
conditions-leave-a-gap info
  A value that meets neither condition is Inconclusive: the rollout waits for a person.
  > Intended: nothing to do. Else leave one condition out.
no-condition error
  A metric that is measured and never judged: every answer is a success.
  > Add successCondition.
condition-ignored error
  A condition on a provider that decides by itself: it is never evaluated.
  > Remove it.
web-status-compared error
  The result compared with an HTTP status of 2xx: the result is the body, and any other status than 2xx is an
  Error already. A warning where a field of the body, or what jsonPath takes of it, is.
  > Compare what the body says, through jsonPath.
web-body-not-json info
  Up to Argo Rollouts 1.9 a body that is no JSON is a success, whatever the conditions say.
  > Answer with JSON.
jsonpath-without-braces error
  A jsonPath without braces is taken as text: the result is the path itself.
  > Write {$.path}
promql-unreadable error
  PromQL that does not parse: every measurement ends in Error, five in a row abort the rollout.
  > Put right what the finding names.
promql-not-checked info
  PromQL that is too long, or that depends on arguments without a value: nothing is said about it.
  > Give the arguments values.
promql-type error
  A query whose answer Argo does not take (a range, a text): every measurement ends in Error.
  > Ask for an instant vector or a scalar.
first-of-many warning
  Only the first of many series is judged, and which one is first is chance.
  > Aggregate to one series, or use all(result, …) or max(result).
comparison-filters warning
  A comparison in PromQL drops the series that do not meet it: the healthy answer is empty.
  > Compare in the condition, or write `> bool`.
quantile-without-le error
  A quantile over buckets that were summed without le: there is no answer, or NaN.
  > sum by (le) (…)
bucket-label-whole warning
  A bucket label as a whole number: Prometheus 3 stores le="1.0".
  > Match both, such as le=~"1|1.0"
rate-window-short warning
  A rate over less than two scrapes: often there is no answer.
  > Use four scrape intervals or more.
# When nothing is measured
empty-answer-errors warning
  An empty answer is an Error: fail-closed, but a canary without traffic is aborted after five in a row.
  > Decide what no data means: guard with len(result) > 0, or `or vector(0)` in PromQL.
empty-answer-passes error
  An empty answer is a success: fail-open, a canary that nobody measures is promoted.
  > len(result) > 0 && …
nan-answer-passes error
  NaN (0 of 0 requests) is a success: fail-open, a canary without traffic is promoted.
  > Judge by successCondition, to which NaN is no success, or name isNaN(result[0]).
nan-answer-fails warning
  NaN (0 of 0 requests) is a failure or Inconclusive: fail-closed, but a canary without traffic is aborted, or
  its rollout waits for a person.
  > Let 0 of 0 be no answer (divide by … > 0), or name isNaN(result[0]).
missing-data-passes warning
  The fallback of the query is a success: where the series is missing altogether (a renamed metric, a wrong
  label) the canary is promoted.
  > In a ratio put the fallback on the numerator alone, so that no traffic stays no answer; else leave it out.
# What never fails, or only seems to warn
limit-never-reached error
  As many failures are allowed as there are measurements: the metric cannot fail.
  > Lower failureLimit.
warns-but-blocks warning
  A metric that is said to warn only, but blocks: it is in no dryRun.
  > Name it in dryRun, or drop the words.
dry-run-only info
  All metrics are dry runs: the analysis stops nothing.
  > Intended: nothing to do.
argument-unused warning
  An argument that is declared and used nowhere.
  > Use it or remove it.
argument-not-taken warning
  An argument that the Rollout gives and no template of the analysis declares: it is ignored.
  > Declare it in the template, or remove it.
hash-unknown error
  A pod template hash that is neither Latest nor Stable: the argument is empty.
  > Latest or Stable.
false-abort warning
  At this service's traffic a good canary is aborted by chance.
  > Allow more failures, widen the window, or give the step more traffic.
# How a Rollout goes on
template-unknown warning
  An analysis names a template that none of the given files has: it could not be checked.
  > Give its file as well, or put the name right.
template-scope error
  A template is looked for in the wrong scope: the Rollout is refused.
  > Set clusterScope as the finding says.
analysis-cut-short warning
  The background analysis takes longer than the steps: it ends as a success before all was measured.
  > Fewer measurements, a shorter interval, or longer pauses.
analysis-longer-than-pause warning
  The analysis of a step takes longer than the step's pause: the step lasts longer than is written.
  > Fewer measurements or a shorter interval, or a pause as long as the analysis.
analysis-without-traffic warning
  An analysis before the canary gets traffic: there is nothing to measure.
  > Put a setWeight before it.
analysis-never-starts error
  The background analysis starts at a step that is not there: it never runs.
  > Lower startingStep.
weight-not-rising warning
  A weight that is not above the one before.
  > Let the weights rise.
weight-needs-routing warning
  Without traffic routing the weight is a share of pods, and this one cannot be met.
  > Add trafficRouting or replicas.
pause-without-end info
  A pause without a duration: the rollout waits until a person promotes it.
  > Intended: nothing to do. Else add a duration.
"""


def _rules(table: str) -> Iterator[tuple[RuleId, Rule]]:
    group = ""
    for block in table.strip().replace("\n  ", " ").splitlines():
        if block.startswith("# "):
            group = block.removeprefix("# ")
            continue
        head, _, mend = " ".join(block.split()).partition(" > ")
        name, severity, what = head.split(" ", 2)
        yield RuleId(name), Rule(group=group, severity=Severity(severity), what=what, mend=mend)


RULES: Mapping[RuleId, Rule] = MappingProxyType(dict(_rules(_TABLE)))
