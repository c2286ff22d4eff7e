"""The program of a process in which rego-cpp evaluates one compiled policy, and nothing else is loaded.

It is run by its path, reads lines of JSON and answers each with a line: first the policy, `{"name", "text",
"data", "entrypoint"}`, then inputs. An answer is `{"value": text}` or `{"error": text}`. It ends with its
input.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import BinaryIO


def main() -> None:
    """Answer every line of the standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asks decides when it ends
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the library may print is no answer
    policy = sys.stdin.buffer.readline()
    if not policy:
        return
    try:
        evaluate = _compiled(**json.loads(policy))
    except BaseException as error:  # noqa: BLE001 - whatever it is, the one who waits is told
        _say(answers, error=_first_line(error))
        return
    _say(answers, value="")
    for line in sys.stdin.buffer:
        try:
            value = evaluate(line.decode())
        except Exception as error:  # noqa: BLE001 - as above
            _say(answers, error=_first_line(error))
        else:
            _say(answers, value=value)


def _compiled(name: str, text: str, data: str, entrypoint: str) -> Callable[[str], str]:
    import regopy  # noqa: PLC0415 - an import that fails is told as an answer

    interpreter = regopy.Interpreter()
    interpreter.add_module(name, text)
    interpreter.add_data_json(data)
    bundle = interpreter.build(None, [entrypoint])
    if not bundle.ok():
        raise ValueError("the policy does not compile")

    def evaluate(document: str) -> str:
        interpreter.set_input_term(document)
        return str(interpreter.query_bundle_entrypoint(bundle, entrypoint))

    return evaluate


def _say(answers: BinaryIO, **answer: str) -> None:
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.flush()


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


if __name__ == "__main__":
    main()
