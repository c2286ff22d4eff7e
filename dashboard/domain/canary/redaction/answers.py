"""What is masked in an answer of a provider that is JSON: text alone, so that numbers stay measured."""

import json
import re
from collections.abc import Callable

from dashboard.domain.canary.redaction.marks import without_forms
from dashboard.domain.canary.redaction.names import is_plain, is_telling_name
from dashboard.domain.canary.replay.analysis import MASK

#: Text with what tells a key from a value, and what opens and closes.
_PARTS = re.compile(r'(?P<text>"(?:[^"\\]|\\.)*")(?P<key>\s*:)?|[{}\[\]]', re.DOTALL)


def is_json(text: str) -> bool:
    """Whether `text` is an object or a list of JSON."""
    if text.lstrip()[:1] not in {"{", "["}:
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def masked_answer(text: str, mask: Callable[[str], str]) -> str:
    """JSON with its text masked by `mask`, and whole where its name tells of a secret; all else as it is."""
    names: list[str] = [""]
    found, done = [], 0
    for part in _PARTS.finditer(text):
        opened = part[0]
        if opened == "{":
            names.append("")
        elif opened == "[":
            names.append(names[-1])  # what is in a list is called as the list is
        elif opened in {"}", "]"}:
            names.pop()
        else:
            inside = part["text"][1:-1]
            if part["key"] is not None:
                names[-1] = inside
                masked = without_forms(inside)
            else:
                masked = _masked(names[-1], inside, mask)
            found += [text[done : part.start() + 1], masked]
            done = part.start() + 1 + len(inside)
    return "".join((*found, text[done:]))


def _masked(name: str, inside: str, mask: Callable[[str], str]) -> str:
    if is_telling_name(name) and not is_plain(inside):
        return MASK
    return mask(inside)
