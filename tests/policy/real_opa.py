"""The real OPA in this process, as a second engine beside the one of the product.

`make test` unpacks its wheel into the environment (`requirements-opa.lock`). A child that is forked after the
library was loaded hangs in it, so it is loaded by the first test that asks.
"""

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashboard.policy.data import ROOT, GatePolicy

_UNPACKED = Path(sys.prefix) / "opa"
_DECISION = "companyos.release.decision"


def opa_engine() -> Any:
    """A new, empty engine of OPA."""
    assert (_UNPACKED / "opa_bindings").is_dir(), f"OPA is missing in {_UNPACKED}: run `make .venv/opa.done`"
    if str(_UNPACKED) not in sys.path:
        sys.path.append(str(_UNPACKED))
    return importlib.import_module("opa_bindings").OpaEngine()


class RealOpa:
    """OPA with the policies that it was asked for, each compiled once."""

    def __init__(self) -> None:
        self._compiled: dict[str, Any] = {}

    def evaluate(self, policy: GatePolicy, document: Mapping[str, Any]) -> dict[str, Any]:
        """The value of `decision`, as `Engine.evaluate`."""
        answer: dict[str, Any] = self.value(policy, _DECISION, document)
        return answer

    def value(self, policy: GatePolicy, path: str, document: Mapping[str, Any]) -> Any:
        """The value at `path` under `data` for the input `document`."""
        if policy.version not in self._compiled:
            engine = self._compiled[policy.version] = opa_engine()
            engine.add_policy("release_gate.rego", policy.text)
            if policy.data:
                engine.add_data({ROOT: dict(policy.data)})
        return self._compiled[policy.version].eval_document(path, document)
