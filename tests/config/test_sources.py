"""The names of sources: the shipped file holds for every catalogue, a wrong one says why."""

from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.config import load_catalog
from dashboard.config.sources import Sources, load_sources
from dashboard.domain.incidents import Severity
from dashboard.domain.slo import Catalogue
from dashboard.errors import ConfigurationError
from dashboard.paths import DEFAULT_CATALOG, DEFAULT_SOURCES

_MINE = """\
indicators:
  availability:
    good:  sum by (service) (increase(http_requests_total{code!~"5.."}[{{bucket}}]))
    total: sum by (service) (increase(http_requests_total[{{bucket}}]))
services:
  checkout: {tier: 1, strategy: blue-green}
  basket: {tier: 2, strategy: blue-green}
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """A catalogue of a user's own, with the services `checkout` and `basket`."""
    path = tmp_path / "catalog.yaml"
    path.write_text(_MINE, encoding="utf-8")
    return load_catalog(path)


def load(tmp_path: Path, catalogue: Catalogue, text: str) -> Sources:
    path = tmp_path / "sources.yaml"
    path.write_text(text, encoding="utf-8")
    return load_sources(path, catalogue)


def faults(tmp_path: Path, catalogue: Catalogue, text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, catalogue, text)
    return [line.removeprefix(f"{tmp_path}/") for line in str(caught.value).splitlines()]


def test_the_shipped_file_holds_for_the_shipped_catalogue_and_for_any_other(catalogue: Catalogue) -> None:
    for each in (load_catalog(DEFAULT_CATALOG), catalogue):
        found = load_sources(DEFAULT_SOURCES, each)
        assert all(found.names.service(name) == name for name in each.services)
        assert found.names.environment("Production") == "production"
        assert found.names.severity("critical") is Severity.P1
        assert found.flap_gap == timedelta(minutes=10)
        assert found.alert_labels.service == ("service", "app", "job")
        assert found.time_zones == {}


def test_the_comments_of_the_shipped_file_are_valid_when_they_are_taken_in(tmp_path: Path) -> None:
    """The examples stand in comments; a person removes the `#` and the `{}` above."""
    text = DEFAULT_SOURCES.read_text(encoding="utf-8").replace("services: {}", "services:")
    text = text.replace("time_zones: {}", "time_zones:").replace("\n#  ", "\n  ")
    found = load(tmp_path, load_catalog(DEFAULT_CATALOG), text)
    assert found.names.service("acme/api") == "api"
    assert found.time_zones["import"].key == "Europe/Berlin"


def test_a_file_may_leave_out_everything(tmp_path: Path, catalogue: Catalogue) -> None:
    found = load(tmp_path, catalogue, "environments: {}\n")
    assert found.names.service("checkout") == "checkout"
    assert found.names.service("acme/checkout") is None
    assert found.names.environment("anything") == "anything"
    assert found.names.severity("p2") is Severity.P2
    assert found.names.severity("critical") is None
    assert (found.flap_gap, found.alert_labels.severity) == (timedelta(minutes=10), "severity")


def test_a_file_of_one_s_own(tmp_path: Path, catalogue: Catalogue) -> None:
    found = load(
        tmp_path,
        catalogue,
        """\
services:
  checkout: [acme/checkout, PF9KMXH]
environments:
  production: [prod]
severities:
  P1: [Page]
  P3: [ticket]
time_zones:
  pagerduty: Europe/Berlin
alertmanager:
  service_labels: [team_service]
  severity_label: prio
  flap_gap: 1h
""",
    )
    assert found.names.service("PF9KMXH") == "checkout"
    assert found.names.severity("page, TICKET") is Severity.P1
    assert found.time_zones["pagerduty"].key == "Europe/Berlin"
    assert found.alert_labels.service == ("team_service",)
    assert (found.alert_labels.severity, found.flap_gap) == ("prio", timedelta(hours=1))


def test_every_fault_is_told_with_its_line(tmp_path: Path, catalogue: Catalogue) -> None:
    told = faults(
        tmp_path,
        catalogue,
        """\
services:
  payments: [acme/payments]
  checkout: [acme/shop, basket]
  basket: [acme/shop]
severities:
  P1: [page, p3]
  P2: [Page]
  P4: [nothing]
time_zones:
  jenkins: UTC
  github: Mars/Olympus
alertmanager:
  flap_gap: soon
""",
    )
    places = [line.split(": ")[0] for line in told]
    assert places == [f"sources.yaml:{line}" for line in (2, 3, 4, 6, 7, 8, 10, 11, 13)]
    said = "\n".join(told)
    for part in (
        "services.payments: found this name, expected a service of the catalogue",
        "services.checkout[1]: found 'basket', which stands for basket already",
        "services.basket[0]: found 'acme/shop', which stands for checkout already",
        "severities.P1[1]: found 'p3', which stands for P3 already",
        "severities.P2[0]: found 'Page', which stands for P1 already",
        "time_zones.jenkins: found 'jenkins', expected one of github",
        "time_zones.github: found 'Mars/Olympus', an unknown time zone",
    ):
        assert part in said, said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "[]",
        "services: 5",
        "services: {checkout: acme}",
        "alertmanager: {service_labels: []}",
        "more: 1",
    ],
)
def test_a_file_of_another_shape_is_a_fault(text: str, tmp_path: Path, catalogue: Catalogue) -> None:
    assert all(line.startswith("sources.yaml") for line in faults(tmp_path, catalogue, text))


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path, catalogue: Catalogue) -> None:
    with pytest.raises(ConfigurationError, match="found no such file"):
        load_sources(tmp_path / "none.yaml", catalogue)
