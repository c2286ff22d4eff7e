"""The counters of both arms of a canary in `catalog.yaml`: selectors, of which a query is made."""

import re
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

import promql_parser as promql

_HASHES_PLACEHOLDER = "{{pod_hashes}}"
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`')
_COUNTER = re.compile(r"(?:[A-Za-z_:][A-Za-z0-9_:]*)?\s*\{[^(){}\[\]]*\}")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?")
_BUCKETS, _COUNT, _SUM = "_bucket", "_count", "_sum"
_NAME, _EDGE = "__name__", "le"
_CHOOSING = (promql.MatchOp.Equal, promql.MatchOp.Re)
#: What a regular expression says for one character that is no more than itself.
_ESCAPED = re.compile(r"\\([.+-])|\[([.+-])\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Selector:
    """What a counter is called, and up to where its bucket goes; None where it chooses none."""

    name: str
    edge: float | None

    @property
    def is_of_buckets(self) -> bool:
        return self.name.endswith(_BUCKETS)


def counter(value: Any) -> str:
    """A counter with its matchers alone, and the placeholder for the hashes of the pods.

    Raises:
        ValueError: what was found, and what is expected.
    """
    if not isinstance(value, str) or not _COUNTER.fullmatch(_QUOTED.sub('""', value.strip())):
        raise ValueError(
            f"found {value!r}, expected a counter with its matchers alone, as in"
            f' http_requests_total{{rollouts_pod_template_hash=~"{_HASHES_PLACEHOLDER}"}}'
        )
    if _HASHES_PLACEHOLDER not in value:
        raise ValueError(
            f"found a counter without {_HASHES_PLACEHOLDER}, expected it where the hashes of the pods go,"
            f' as in rollouts_pod_template_hash=~"{_HASHES_PLACEHOLDER}"'
        )
    return value.strip()


def fast_counter(value: Any) -> str:
    """A counter of fast requests; where it is of a histogram's buckets, it names one of them.

    The sum over more buckets would count a request as often as there are buckets that it fits in.

    Raises:
        ValueError: what was found, and what is expected.
    """
    found = counter(value)
    selector = _selector(found)
    if selector.edge is None and selector.is_of_buckets:
        raise ValueError(
            f"found {found!r}, all buckets of a histogram; expected the one up to the threshold, as in"
            ' le="0.3"'
        )
    if selector.edge == inf:
        raise ValueError("found the bucket le='+Inf', expected one up to a number, as in le=\"0.3\"")
    return found


def timed_counter(value: Any) -> str:
    """A counter of all requests whose time was taken: of a histogram its count, or the bucket without end.

    Raises:
        ValueError: what was found, and what is expected.
    """
    found = counter(value)
    selector = _selector(found)
    if selector.edge is None and not selector.is_of_buckets:
        return found
    if selector.edge != inf:
        raise ValueError(
            f'found {found!r}, some of a histogram\'s buckets; expected its count, or the bucket le="+Inf"'
        )
    return found


def histogram_fault(fast: Any, total: Any) -> str | None:
    """Why `total` does not count all of the requests of which `fast` counts the fast ones.

    None where it does, where no histogram tells, and where one of them is a fault by itself.
    """
    try:
        part, whole = _selector(fast_counter(fast)), _selector(timed_counter(total))
    except ValueError:
        return None
    histogram = part.name.removesuffix(_BUCKETS)
    if not part.is_of_buckets or whole.name in {part.name, f"{histogram}{_COUNT}"}:
        return None
    return f"found {whole.name}, expected {histogram}{_COUNT}, the count of the histogram that fast is of"


def threshold(fast: str) -> float | None:
    """Up to how many seconds a request is fast, where the counter is a bucket of a histogram of seconds.

    Raises:
        ValueError: `fast` is no counter of fast requests.
    """
    selector = _selector(fast_counter(fast))
    return selector.edge if selector.name.endswith(f"_seconds{_BUCKETS}") else None


def _selector(text: str) -> _Selector:
    try:
        # The placeholder is no regular expression yet.
        parsed = promql.parse(text.replace(_HASHES_PLACEHOLDER, "hashes"))
    except ValueError as error:
        raise ValueError(f"found {text!r}, expected PromQL: {' '.join(str(error).split())}") from None
    if not isinstance(parsed, promql.VectorSelector) or parsed.matchers.or_matchers:
        raise ValueError(f"found {text!r}, expected one counter with its matchers alone")
    matchers = parsed.matchers.matchers
    names = [one.value for one in matchers if one.name == _NAME and one.op == promql.MatchOp.Equal]
    name = parsed.name or (names[0] if names else "")
    if not name:
        raise ValueError(f"found {text!r}, expected the name of a counter before its matchers")
    if name.endswith(_SUM):
        raise ValueError(f"found {name}, a sum of times; expected a counter of requests")
    edges = [_edge(one) for one in matchers if one.name == _EDGE and one.op in _CHOOSING]
    if len(edges) > 1:
        raise ValueError(f"found {text!r}, expected one matcher of le")
    return _Selector(name=name, edge=edges[0] if edges else None)


def _edge(matcher: promql.Matcher) -> float:
    """The one number that the bucket goes up to.

    `1|1.0` is how one bucket is written for Prometheus 2 and 3.
    """
    texts = [matcher.value]
    if matcher.op == promql.MatchOp.Re:
        texts = [_ESCAPED.sub(r"\1\2", text) for text in matcher.value.split("|")]
    edges = {_number(text) for text in texts}
    edge = edges.pop()
    if edges or edge is None:
        raise ValueError(
            f'found the bucket le={matcher.value!r}, expected one up to a number, as in le="0.3"'
        )
    return edge


def _number(text: str) -> float | None:
    if text == "+Inf":
        return inf
    number = float(text) if _NUMBER.fullmatch(text) else None
    return number if number is not None and isfinite(number) else None
