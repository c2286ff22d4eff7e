"""What is wrong with text that is not JSON, in words."""

import json

#: What was found instead of text that goes on.
CUT_OFF = "text that ends in the middle of JSON (was it cut off?)"
#: A word of JSON that ends too early is a part of one of these.
_WORDS = ("true", "false", "null")


def json_fault(text: str, error: Exception) -> str:
    """What was found instead of JSON, with its place; text that only stops too early is said to."""
    if isinstance(error, json.JSONDecodeError) and is_cut_off(text, error):
        return CUT_OFF
    return f"text that is not JSON: {error}"


def is_cut_off(text: str, error: json.JSONDecodeError) -> bool:
    """Whether all that is wrong with `text`, which is more than blanks, is that it ends."""
    if not text.strip():
        return False
    rest = text[error.pos :].rstrip()
    return (
        error.msg.startswith("Unterminated string")
        or not rest
        or any(word.startswith(rest) for word in _WORDS)
    )
