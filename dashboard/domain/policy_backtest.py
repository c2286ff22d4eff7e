"""What a policy would have said of past deployments, beside what became of them."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from dashboard.domain.gate_rules import CHECKS
from dashboard.domain.record import record
from dashboard.domain.releases import Release

#: What only the pipeline of a deployment can tell, and no store knows unless it was asked for a decision.
PIPELINE_CHECKS = frozenset(
    code
    for code in CHECKS
    if code.startswith(("build.", "quality.", "security.")) or code in {"policy.registry", "policy.abac"}
)
#: What somebody could have lifted at once by giving an approval.
APPROVALS = "approval.approvals"


class Ending(StrEnum):
    """How a deployment went on. One that has not ended, or may still fail, is not judged."""

    BAD = "went_bad"
    GOOD = "went_well"
    UNJUDGED = "not_judged"


@record
class Answer:
    """What the policy says of an input, in the order of its checks.

    `violated` are the checks that do not pass, `asked` those that this release has to meet, `lifted` those
    that an exception lifts. `overridden` says that an emergency override lets it pass all the same.
    """

    violated: tuple[str, ...]
    asked: frozenset[str]
    lifted: frozenset[str]
    overridden: bool


@record
class Verdict:
    """What is known of whether a policy would have let a deployment pass.

    `blocked_by` are the checks that are known not to pass. `not_known` are those of which nothing is known
    today: they neither block nor pass. `lifted` are those that an exception lifted.
    """

    blocked_by: tuple[str, ...]
    not_known: tuple[str, ...]
    lifted: tuple[str, ...]

    @property
    def blocks(self) -> bool:
        """Whether it would have been blocked, for a reason that is known."""
        return bool(self.blocked_by)

    @property
    def wants_approval_only(self) -> bool:
        """Whether nothing but a missing approval is known to block it."""
        return self.blocked_by == (APPROVALS,)


@record
class Share:
    """`blocked` of `of` deployments."""

    blocked: int
    of: int


@record
class Tally:
    """What one policy would have blocked: of all deployments and by how they went on."""

    all: Share
    bad: Share
    good: Share
    unjudged: Share
    wanting_approval_only: int


def verdict(answer: Answer, untold: frozenset[str]) -> Verdict:
    """What is known of `answer`, when of the checks `untold` nobody can say how they would have ended."""
    blocked = () if answer.overridden else (code for code in answer.violated if code not in untold)
    missing = untold & answer.asked - answer.lifted
    return Verdict(
        blocked_by=tuple(blocked),
        not_known=tuple(code for code in CHECKS if code in missing),
        lifted=tuple(code for code in CHECKS if code in answer.lifted),
    )


def ending(release: Release) -> Ending:
    """How `release` went on: it failed, or it had the time to fail and did not, or neither is known."""
    if release.failed:
        return Ending.BAD
    return Ending.GOOD if release.judged else Ending.UNJUDGED


def tally(judged: Iterable[tuple[Verdict, Ending]]) -> Tally:
    """The counts over deployments, each with a policy's verdict and how it went on."""
    listed = list(judged)
    return Tally(
        all=_share(listed, tuple(Ending)),
        bad=_share(listed, (Ending.BAD,)),
        good=_share(listed, (Ending.GOOD,)),
        unjudged=_share(listed, (Ending.UNJUDGED,)),
        wanting_approval_only=sum(found.wants_approval_only for found, _ in listed),
    )


def _share(judged: Sequence[tuple[Verdict, Ending]], endings: tuple[Ending, ...]) -> Share:
    of = [found for found, ended in judged if ended in endings]
    return Share(blocked=sum(found.blocks for found in of), of=len(of))
