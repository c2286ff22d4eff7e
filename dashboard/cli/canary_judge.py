"""`reliability canary judge`: is the canary worse than its stable sibling, and how sure is that?"""

import json
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from dashboard.cli import options
from dashboard.cli.input_file import called, text_of
from dashboard.errors import InputError

if TYPE_CHECKING:
    from dashboard.domain.canary.judgement import CanaryJudgement
    from dashboard.domain.canary.sequential import ErrorRule
    from dashboard.domain.canary.ticks import Tick

_STDIN = "-"
_PERCENT = 100
_LONGEST = 400
_FILE = click.Path(dir_okay=False, allow_dash=True)


@click.command()
@click.option(
    "--counts",
    metavar="FILE",
    type=_FILE,
    help="Requests and errors a tick: at, canary_bad, canary_total, stable_bad, stable_total, perhaps weight"
    " (percent), canary_slow, stable_slow. CSV, a JSON array or JSON lines.",
)
@click.option(
    "--previous",
    metavar="FILE",
    type=_FILE,
    help="Without a stable sibling: the deployment before. Both files then have at, bad, total, and are"
    " compared at the same time since their first row.",
)
@click.option(
    "--series",
    metavar="FILE",
    type=_FILE,
    help="Other metrics: JSON with experiment, control, group, weight, direction, critical and more of each.",
)
@click.option(
    "--weight",
    type=click.FloatRange(0, _PERCENT),
    metavar="PERCENT",
    help="The share of the requests that the canary is to get, where the rows tell none.",
)
@click.option(
    "--alpha",
    type=float,
    default=0.05,
    show_default=True,
    help="The chance of a wrong FAIL, and of a wrong PASS, over all looks together.",
)
@click.option(
    "--tolerated-ratio",
    type=float,
    default=1.0,
    show_default=True,
    help="FAIL when the error rate, or the share of slow requests, is shown to be more than so many times"
    " stable's.",
)
@click.option(
    "--harmful-ratio",
    type=float,
    default=1.5,
    show_default=True,
    help="PASS when it is shown to be less than so many times stable's.",
)
@click.option(
    "--rise", type=float, default=2.0, show_default=True, help="Tell how many requests show such a rise."
)
@click.option(
    "--apart",
    type=options.DURATION,
    default="30s",
    show_default=True,
    help="With --previous: how far two ticks may lie apart in elapsed time.",
)
# No default of their own, since the file goes before the default: click puts what it is told in parentheses.
@click.option(
    "--tolerance",
    type=float,
    help="The share of a metric's shift left aside: with 0.1 a shift of 50 (+4 … +90) is not High, since its"
    " interval begins below 5.  [default: 0.1]",
)
@click.option("--confidence", type=float, help="Of the interval of a metric's shift.  [default: 0.95]")
@click.option("--pass-score", type=float, help="From this score on the metrics pass.  [default: 95]")
@click.option("--marginal-score", type=float, help="Below this score they fail.  [default: 75]")
@click.option(
    "--fail-on",
    type=click.Choice(["none"]),
    help="Exit with 1 also when there is no verdict yet.",
)
@options.as_json
def judge(  # noqa: PLR0913 - one argument per option
    *,
    counts: str | None,
    previous: str | None,
    series: str | None,
    weight: float | None,
    apart: timedelta,
    fail_on: str | None,
    as_json: bool,
    **limits: Any,
) -> None:
    """Judge a canary against its stable sibling: PASS, FAIL or NONE, which is not yet.

    Errors and slow requests are compared by a sequential test that may be asked after every tick; other
    metrics by the exact Mann-Whitney test, with a score as Kayenta gives it.

    Exits with 0 for PASS and NONE, 1 for FAIL; with --fail-on none also 1 for NONE.
    """
    # SciPy, which these need, takes half a second to load; the other commands do without.
    from dashboard.domain.canary.judgement import CanaryJudgement  # noqa: PLC0415 - see above
    from dashboard.domain.canary.measure import Measure  # noqa: PLC0415 - ditto
    from dashboard.domain.canary.sequential import Verdict, judge_errors, rule_for  # noqa: PLC0415 - ditto
    from dashboard.domain.canary.ticks import looks_cumulated  # noqa: PLC0415 - ditto
    from dashboard.domain.canary.traffic_split import traffic_splits  # noqa: PLC0415 - ditto

    _require_files(counts, previous, series)
    _require_no_weight(weight, previous)
    remarks: list[str] = []
    ticks: tuple[Tick, ...] | None = None
    slow: tuple[Tick, ...] | None = None
    if counts is not None and previous is not None:
        ticks = _against_previous(counts, previous, apart, remarks)
    elif counts is not None:
        ticks, slow = _ticks(counts, weight, remarks)
    found = CanaryJudgement() if series is None else _judged_series(series, limits)
    if ticks is not None:
        if looks_cumulated(ticks):
            remarks.append(
                f"{called(counts or '')}: each count grows from row to row, as if it were counted since the"
                " beginning; expected the counts of the time between two looks, else no verdict holds"
            )
        found = CanaryJudgement(
            errors=judge_errors(ticks, _error_rule(limits)),
            slow=None if slow is None else judge_errors(slow, rule_for(Measure.SLOW, _error_rule(limits))),
            metrics=found.metrics,
            score=found.score,
            traffic=traffic_splits(ticks),
        )
    _tell(found, remarks, against="stable" if previous is None else "previous", as_json=as_json)
    failed = found.verdict is Verdict.FAIL or (fail_on == "none" and found.verdict is Verdict.NONE)
    sys.exit(1 if failed else 0)


def _require_files(counts: str | None, previous: str | None, series: str | None) -> None:
    if counts is None and series is None:
        raise click.UsageError("found neither --counts nor --series, expected one of them or both")
    if previous is not None and counts is None:
        raise click.UsageError("found --previous without --counts, expected the canary's counts as well")
    if (counts, previous, series).count(_STDIN) > 1:
        raise click.UsageError("found stdin for two files, expected it for one")


def _require_no_weight(weight: float | None, previous: str | None) -> None:
    if weight is not None and previous is not None:
        raise click.UsageError(
            "found --weight with --previous, expected one of them: the deployment before took no share of the"
            " same requests"
        )


def _ticks(
    name: str, weight: float | None, remarks: list[str]
) -> "tuple[tuple[Tick, ...], tuple[Tick, ...] | None]":
    """The ticks of errors, and those of slow requests, None where the file does not ask for these.

    Where it does and tells of none, nothing can be judged, which is no PASS.
    """
    from dashboard.sources.canary_counts import read_canary_counts  # noqa: PLC0415 - as in judge

    share = None if weight is None else weight / _PERCENT
    read = read_canary_counts(called(name), text_of(name), share)
    _remark_unknown(name, read.unknown, remarks)
    if read.unknown_slow:
        told = f"{read.unknown_slow} rows say nothing of slow requests, and are left out of their verdict"
        remarks.append(f"{called(name)}: {told}")
    return read.ticks, read.slow if read.has_slow else None


def _against_previous(canary: str, previous: str, apart: timedelta, remarks: list[str]) -> "tuple[Tick, ...]":
    from dashboard.domain.canary.elapsed import Course, align  # noqa: PLC0415 - as in judge
    from dashboard.sources.canary_counts import read_deployment_counts  # noqa: PLC0415 - ditto

    def course(name: str) -> Course:
        read = read_deployment_counts(called(name), text_of(name))
        _remark_unknown(name, read.unknown, remarks)
        if read.began is None or not read.samples:
            raise InputError(f"{called(name)}: found no row with known counts, expected one or more")
        return Course(began=read.began, samples=read.samples)

    aligned = align(course(canary), course(previous), apart)
    remarks.append(
        f"compared with the deployment before at the same elapsed time: {len(aligned.ticks)} ticks,"
        f" {aligned.unmatched} without a counterpart; what differs may be the hour's and not the canary's"
    )
    return aligned.ticks


def _judged_series(name: str, limits: dict[str, Any]) -> "CanaryJudgement":
    from dashboard.domain.canary.judge.classification import classify  # noqa: PLC0415 - as in judge
    from dashboard.domain.canary.judge.metric import Sensitivity  # noqa: PLC0415 - ditto
    from dashboard.domain.canary.judge.score import ScoreThresholds, score  # noqa: PLC0415 - ditto
    from dashboard.domain.canary.judgement import CanaryJudgement  # noqa: PLC0415 - ditto
    from dashboard.sources.canary_series import read_canary_series  # noqa: PLC0415 - ditto
    from dashboard.ui.release_words import plain  # noqa: PLC0415 - ditto

    read = read_canary_series(called(name), text_of(name))
    # What the command line says goes before the file, and the file before the defaults.
    usual, scores = Sensitivity(), ScoreThresholds()
    try:
        sensitivity = Sensitivity(
            tolerance=_first(limits["tolerance"], read.tolerance, usual.tolerance),
            confidence=_first(limits["confidence"], read.confidence, usual.confidence),
        )
        thresholds = ScoreThresholds(
            passing=_first(limits["pass_score"], read.passing, scores.passing),
            marginal=_first(limits["marginal_score"], read.marginal, scores.marginal),
        )
        metrics = tuple(classify(metric, sensitivity) for metric in read.metrics)
        return CanaryJudgement(metrics=metrics, score=score(metrics, read.group_weights, thresholds))
    except ValueError as error:
        raise InputError(plain(f"{called(name)}: {error}", _LONGEST)) from None


def _error_rule(limits: dict[str, Any]) -> "ErrorRule":
    from dashboard.domain.canary.sequential import ErrorRule  # noqa: PLC0415 - as in judge

    try:
        return ErrorRule(
            alpha=limits["alpha"],
            tolerated=limits["tolerated_ratio"],
            harmful=limits["harmful_ratio"],
            rise=limits["rise"],
        )
    except ValueError as error:
        raise InputError(str(error)) from None


def _tell(found: "CanaryJudgement", remarks: list[str], *, against: str, as_json: bool) -> None:
    from dashboard.ui.canary_judge_words import STABLE, judge_sentences  # noqa: PLC0415 - as in judge

    other = STABLE if against == STABLE else "the previous deployment"
    sentences = judge_sentences(found, ZoneInfo("UTC"), other)
    if as_json:
        # This loads the statistics of SciPy, a second that the text does without.
        from dashboard.reports.canary_judge_document import canary_judge_document  # noqa: PLC0415 - see above

        document = {
            **canary_judge_document(found),
            "against": against,
            "sentences": sentences,
            "remarks": remarks,
        }
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    click.echo(found.verdict.value)
    for sentence in sentences:
        click.echo(f"  {sentence}")
    for remark in remarks:
        click.echo(f"! {remark}", err=True)


def _remark_unknown(name: str, unknown: int, remarks: list[str]) -> None:
    if unknown:
        remarks.append(f"{called(name)}: {unknown} rows with an unknown count were left out")


def _first(*values: float | None) -> float:
    return next(value for value in values if value is not None)
