"""An answer that says what is wrong, as JSON: `error`, and the `field` to blame where there is one."""

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response


class RefusedError(Exception):
    """A request of which nothing is stored: the `status` of its answer, and the `field` that is to blame."""

    def __init__(self, status: int, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.field = field

    def answer(self, headers: Mapping[str, str] | None = None) -> Response:
        """The answer to the sender."""
        named = {} if self.field is None else {"field": self.field}
        return JSONResponse({"error": str(self)} | named, status_code=self.status, headers=headers)


def problem(status: int, message: str) -> Response:
    """The answer with this `status` that says `message`."""
    return RefusedError(status, message).answer()
