"""What sources call our services, environments and severities."""

import pytest

from dashboard.domain.incidents import Severity
from dashboard.domain.names import NameMap

_NAMES = NameMap(
    services={"api": "api", "acme/api": "api", "web": "web"},
    environments={"prod": "production"},
    severities={"p1": Severity.P1, "critical": Severity.P1, "p2": Severity.P2, "warning": Severity.P3},
)


def test_a_service_goes_by_each_of_its_names_exactly_as_written() -> None:
    assert [_NAMES.service(name) for name in ("api", "acme/api", "API", "", "lost")] == [
        "api",
        "api",
        *[None] * 3,
    ]
    assert _NAMES.environment("PROD") == "production"
    assert _NAMES.knows_environment("Prod")
    assert not _NAMES.knows_environment("prd")


def test_an_environment_that_is_not_listed_keeps_its_name() -> None:
    assert [_NAMES.environment(name) for name in ("prod", "production", "Prod")] == [
        "production",
        "production",
        "production",
    ]
    assert _NAMES.environment("canary") == "canary"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("P1", Severity.P1),
        (" Critical ", Severity.P1),
        ("WARNING", Severity.P3),
        ("warning, p2", Severity.P2),
        ("warning, lost", Severity.P3),
        ("lost", None),
        ("", None),
        (None, None),
    ],
)
def test_a_severity_is_known_in_any_letter_case_and_of_several_the_gravest_counts(
    given: str | None, expected: Severity | None
) -> None:
    assert _NAMES.severity(given) is expected
