"""Files that a command reads whole; `-` is stdin."""

import sys
from pathlib import Path

from dashboard.errors import InputError


def called(name: str) -> str:
    """What messages call the file `name`."""
    return "stdin" if name == "-" else name


def text_of(name: str) -> str:
    """The text of the file `name`.

    Raises:
        InputError: it cannot be read as UTF-8.
    """
    try:
        if name == "-":
            return sys.stdin.buffer.read().decode("utf-8")
        return Path(name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{name}: found no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{called(name)}: cannot be read as UTF-8 text: {error}") from error
