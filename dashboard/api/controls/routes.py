"""The addresses of freezes, exceptions and approvals, and what each of them does."""

import asyncio
from collections.abc import Mapping

from starlette.routing import Route

from dashboard.api.controls.endpoint import Change, Endpoint, Read
from dashboard.api.controls.said import Said
from dashboard.config import Locations
from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.refusal import invalid
from dashboard.domain.release_exceptions import ReleaseException
from dashboard.ingest import release_controls as controls
from dashboard.ingest.control_desk import Desk
from dashboard.reports.control_documents import (
    Document,
    approval_document,
    approvals_document,
    exception_document,
    exceptions_document,
    freeze_document,
    freezes_document,
)
from dashboard.reports.release_controls import ControlsReport, controls_report

_CREATED = 201


def control_routes(locations: Locations) -> list[Route]:
    """The routes over the files at `locations`, for the people of its `access.yaml`."""
    writing = asyncio.Lock()

    def route(path: str, *, read: Read | None = None, change: Change | None = None) -> Route:
        return Route(f"/api/v1/{path}", Endpoint(locations, writing, read=read, change=change))

    return [
        route(
            "exceptions",
            read=Read(document=_exceptions),
            change=Change(make=_request_exception, status=_CREATED),
        ),
        route("exceptions/{name}/approve", change=Change(make=_approve_exception)),
        route("exceptions/{name}/revoke", change=Change(make=_revoke_exception)),
        route("exceptions/{name}/use", change=Change(make=_use_exception)),
        route("exceptions/{name}/review", change=Change(make=_review_exception)),
        route("freezes", read=Read(document=_freezes), change=Change(make=_add_freeze, status=_CREATED)),
        route("freezes/{name}/end", change=Change(make=_end_freeze)),
        route(
            "approvals", read=Read(document=_approvals), change=Change(make=_give_approval, status=_CREATED)
        ),
        route("approvals/{name}/withdraw", change=Change(make=_withdraw_approval)),
    ]


def _only_open(asked: Mapping[str, str]) -> bool:
    """Whether what is over is left out: `?open=true`."""
    return asked.get("open") == "true"


def _exceptions(report: ControlsReport, desk: Desk, asked: Mapping[str, str]) -> Document:
    listed = report.open_exceptions() if _only_open(asked) else report.exceptions
    return exceptions_document(listed, report.as_of, report.too_early(desk.policy, desk.catalogue))


def _freezes(report: ControlsReport, _desk: Desk, asked: Mapping[str, str]) -> Document:
    return freezes_document(report.open_freezes() if _only_open(asked) else report.freezes, report.as_of)


def _approvals(report: ControlsReport, desk: Desk, asked: Mapping[str, str]) -> Document:
    rules = desk.policy.gate
    listed = report.valid_approvals(rules) if _only_open(asked) else report.approvals
    return approvals_document(listed, report.as_of, rules)


def _request_exception(desk: Desk, _name: str, value: object) -> Document:
    said = Said(
        value,
        *("type", "service", "environment", "version", "freeze", "reason", "mitigation"),
        *("expires_at", "lasts"),
    )
    ends, lasts = said.moment("expires_at"), said.length("lasts")
    if ends is not None and lasts is not None:
        raise invalid("lasts", "found expires_at as well, expected one of them")
    return _exception(
        desk,
        controls.request_exception(
            desk,
            kind=said.choice("type", ExceptionType),
            service=said.name("service"),
            environment=said.name_or_none("environment"),
            version=said.name_or_none("version"),
            freeze=said.name_or_none("freeze"),
            reason=said.text("reason"),
            mitigation=said.text("mitigation"),
            expires=lasts or ends,
        ),
    )


def _approve_exception(desk: Desk, name: str, value: object) -> Document:
    Said(value)
    return _exception(desk, controls.approve_exception(desk, name))


def _revoke_exception(desk: Desk, name: str, value: object) -> Document:
    said = Said(value, "reason")
    return _exception(desk, controls.revoke_exception(desk, name, reason=said.text("reason")))


def _use_exception(desk: Desk, name: str, value: object) -> Document:
    said = Said(value, "service", "environment", "version")
    found = controls.use_exception(
        desk,
        name,
        service=said.name("service"),
        environment=said.name("environment"),
        version=said.name("version"),
    )
    return _exception(desk, found)


def _review_exception(desk: Desk, name: str, value: object) -> Document:
    said = Said(value, "notes")
    return _exception(desk, controls.review_exception(desk, name, notes=said.text("notes")))


def _add_freeze(desk: Desk, _name: str, value: object) -> Document:
    said = Said(value, "start", "end", "reason", "services", "environments")
    found = controls.add_freeze(
        desk,
        start=said.moment("start"),
        end=said.needed_moment("end"),
        reason=said.text("reason"),
        services=said.names("services"),
        environments=said.names("environments"),
    )
    return freeze_document(found, desk.clock())


def _end_freeze(desk: Desk, name: str, value: object) -> Document:
    said = Said(value, "reason")
    return freeze_document(controls.end_freeze(desk, name, reason=said.text("reason")), desk.clock())


def _give_approval(desk: Desk, _name: str, value: object) -> Document:
    said = Said(value, "service", "environment", "version", "roles", "reason")
    found = controls.give_approval(
        desk,
        service=said.name("service"),
        environment=said.name("environment"),
        version=said.name("version"),
        roles=said.names("roles"),
        reason=said.text("reason"),
    )
    return approval_document(found, desk.clock(), desk.policy.gate)


def _withdraw_approval(desk: Desk, name: str, value: object) -> Document:
    said = Said(value, "reason")
    found = controls.withdraw(desk, name, reason=said.text("reason"))
    return approval_document(found, desk.clock(), desk.policy.gate)


def _exception(desk: Desk, found: ReleaseException) -> Document:
    """The document of an exception that was changed, with what there is to know of its end."""
    report = controls_report(desk.store, desk.calendar, desk.clock())
    first_use = report.too_early(desk.policy, desk.catalogue).get(found.id)
    return exception_document(found, report.as_of, first_use)
