"""The query parameters that an address knows; one that it does not know is refused, not passed over."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from dashboard.api.problem import RefusedError

_LONGEST_SHOWN = 40


def require_known(request: Request, *known: str) -> None:
    """Refuse a request with a query parameter that is not `known`, perhaps by a slip of the pen.

    Raises:
        RefusedError: 400, with the parameters that are known.
    """
    for name in request.query_params:
        if name not in known:
            expected = f"one of {', '.join(known)}" if known else "none"
            message = f"found the parameter {name[:_LONGEST_SHOWN]!r}, expected {expected}"
            raise RefusedError(400, message, name[:_LONGEST_SHOWN])


def knowing(endpoint: Callable[[Request], Response], *known: str) -> Callable[[Request], Response]:
    """The `endpoint` for requests that have no other query parameters than those `known`."""

    def answer(request: Request) -> Response:
        try:
            require_known(request, *known)
        except RefusedError as refused:
            return refused.answer()
        return endpoint(request)

    return answer
