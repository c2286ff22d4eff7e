"""A team's OPA server, as far as its data API: the real OPA behind HTTP on a free loopback port.

It is honest: what it answers is what OPA says of the policy that it holds, or `{}` where that is undefined,
as the server of OPA does. Faults come from `tests/faulty_server.py` in front of it.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.policy.real_opa import opa_engine

_API = "/v1/data/"


class OpaDouble:
    """Runs within a `with` block, with `policy` loaded, if any."""

    def __init__(self, policy: str | None) -> None:
        self._engine = opa_engine()
        if policy is not None:
            self._engine.add_policy("release_gate.rego", policy)
        double = self

        class _Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Stay silent."""

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = json.dumps(double.answer(self.path, body)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        """Base URL of the server."""

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """What OPA answers to a question for a document."""
        assert path.startswith(_API), path
        query = f"x = data.{path.removeprefix(_API).replace('/', '.')}"
        found = self._engine.eval_query(query, body["input"])
        return {"result": found[0]["x"]} if found else {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
