"""What a value of YAML is to `kubectl`, for all who read YAML of Kubernetes, and how deep it may nest.

YAML 1.1 as Go reads it: `yes` is true; a date, a time and `1:30` (90 to Python alone) stay text.
"""

from typing import Any

import yaml
from yaml.constructor import SafeConstructor

#: libyaml where it is there.
LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: The deepest field of a pod is about twenty levels down; libyaml crashes on a hundred thousand.
DEEPEST = 60
NULL, MERGE = "tag:yaml.org,2002:null", "tag:yaml.org,2002:merge"
_MEANT = {f"tag:yaml.org,2002:{name}" for name in ("bool", "int", "float")}
#: Characters; Python takes long over the digits of longer ones.
_LONGEST_NUMBER = 100


def scalar_value(tag: str, text: str) -> str | int | float | bool | None:
    """What `text` means that YAML resolved to `tag`: nothing, a flag, a number, or the text itself."""
    if tag == NULL:
        return None
    if tag not in _MEANT or len(text) > _LONGEST_NUMBER or ":" in text:
        return text
    try:
        found = SafeConstructor().construct_object(yaml.ScalarNode(tag, text))
    except (ValueError, LookupError, OverflowError, yaml.YAMLError):
        return text
    return found if isinstance(found, int | float) else text


def require_shallow(text: str, most_values: int) -> None:
    """Read the events of `text`, which is cheap, before anything is built of them.

    Raises:
        yaml.YAMLError: it is no YAML, nests deeper than `DEEPEST`, or has more than `most_values`.
    """
    depth = count = 0
    for event in yaml.parse(text, Loader=LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        count += isinstance(event, yaml.NodeEvent)
        if depth > DEEPEST:
            raise yaml.YAMLError(f"found more than {DEEPEST} levels of nesting, expected fewer")
        if count > most_values:
            raise yaml.YAMLError(f"found more than {most_values:,} values, expected fewer")
