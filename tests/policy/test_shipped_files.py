"""The shipped files by the real OPA: as `opa eval` and `opa test data/` read them, without this product."""

import re
from typing import Any

import pytest
import yaml

from dashboard.domain.gate_rules import CHECKS
from dashboard.paths import DEFAULT_CATALOG, RELEASE_GATE, ROOT
from dashboard.policy.data import GatePolicy, data_document, named_policy
from tests.policy.real_opa import RealOpa, opa_engine
from tests.policy.releases import OVERRIDE, release
from tests.policy.verdicts import checks

_DATA = ROOT / "data"
_TESTS = _DATA / "release_gate_test.rego"
_NAMES = re.findall(r"^(test_\w+) if", _TESTS.read_text(encoding="utf-8"), re.MULTILINE)


def _loaded(engine: Any) -> Any:
    """`engine` with the YAML files below `data/`, each under the path of its directory.

    All but Kubernetes' own: each of `data/canary` has a name and a kind, which OPA cannot merge into one.
    """
    for path in sorted(path for path in _DATA.rglob("*.yaml") if path.parent.name != "canary"):
        directory = ".".join(path.relative_to(_DATA).parts[:-1])
        engine.add_data(_as_json(yaml.safe_load(path.read_text(encoding="utf-8"))), directory)
    return engine


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return value if value is None or isinstance(value, str | int | float) else str(value)


@pytest.fixture(scope="module")
def tested() -> Any:
    """The value of the package of tests, with all data that `opa test data/` loads."""
    engine = _loaded(opa_engine())
    for path in (RELEASE_GATE, _TESTS):
        engine.add_policy(path.name, path.read_text(encoding="utf-8"))
    return engine.eval_document("companyos.release_test", {})


@pytest.mark.parametrize("name", _NAMES)
def test_the_rego_test_passes(tested: Any, name: str) -> None:
    assert tested.get(name) is True


def test_every_rego_test_has_a_name_of_its_own() -> None:
    found = re.findall(r"^test_\w+", _TESTS.read_text(encoding="utf-8"), re.MULTILINE)
    assert found == _NAMES
    assert len(set(_NAMES)) == len(_NAMES) > 20


def test_a_rego_test_that_fails_is_seen() -> None:
    engine = opa_engine()
    engine.add_policy(
        RELEASE_GATE.name, RELEASE_GATE.read_text(encoding="utf-8").replace("seen <= limit", "true")
    )
    engine.add_policy(_TESTS.name, _TESTS.read_text(encoding="utf-8"))
    assert "test_high_cves_are_by_environment" not in engine.eval_document("companyos.release_test", {})


def test_the_settings_in_the_policy_are_those_of_the_shipped_files(shipped: GatePolicy, opa: RealOpa) -> None:
    assert opa.value(named_policy(shipped.text, {}), "companyos.release.shipped", {}) == shipped.data


@pytest.mark.parametrize(
    "document",
    [{}, release(), release(OVERRIDE, clock=None), release(service="docs"), release(policy_tier="exhausted")],
    ids=["nothing", "good", "override", "tier 3", "exhausted"],
)
def test_without_data_opa_decides_as_with_the_shipped_data(
    shipped: GatePolicy, opa: RealOpa, document: dict[str, Any]
) -> None:
    bare = named_policy(shipped.text, {})
    assert opa.evaluate(bare, document) == opa.evaluate(shipped, document)


def test_data_that_is_no_document_is_not_taken_for_one(shipped: GatePolicy) -> None:
    engine = opa_engine()
    engine.add_policy(RELEASE_GATE.name, shipped.text)
    engine.add_data({"release_policy": "none"})
    assert engine.eval_document("companyos.release.decision", release())["allow"] is True


def test_the_printed_data_document_is_what_opa_evaluates_with(of_a_team: GatePolicy, opa: RealOpa) -> None:
    engine = opa_engine()
    engine.add_policy(RELEASE_GATE.name, of_a_team.text)
    engine.add_data(yaml.safe_load(data_document(of_a_team)))
    document = release(service="tools")
    assert engine.eval_document("companyos.release.decision", document) == opa.evaluate(of_a_team, document)


def test_the_files_of_data_do_not_contradict_each_other_as_one_document() -> None:
    loaded = _loaded(opa_engine())
    services = yaml.safe_load(DEFAULT_CATALOG.read_text(encoding="utf-8"))["services"]
    assert set(loaded.eval_document("services", {})) == set(services)


def test_the_policy_knows_every_check_and_no_other(shipped: GatePolicy, opa: RealOpa) -> None:
    named = set(re.findall(r'"((?:build|quality|security|slo|policy|approval)\.\w+)"', shipped.text))
    assert named == set(CHECKS)
    assert set(checks(opa.evaluate(shipped, {}))) == set(CHECKS) - {"slo.incidents_p3"}
