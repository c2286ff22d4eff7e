"""People with tokens, for the command and the API: an `access.yaml`, and who holds what."""

import hashlib
from pathlib import Path

#: Names with their roles.
PEOPLE = {
    "Ada": ("Release Captain", "SRE"),
    "Bea": ("vp-engineering", "Security Team"),
    "Cy": ("CTO", "Engineering Director"),
    "Eve": (),
}


def token(name: str) -> str:
    """The token of one of them."""
    return f"the-secret-token-of-{name.lower()}-{'0' * 20}"


def access_file(folder: Path) -> Path:
    """An `access.yaml` with all of them."""
    rows = [
        f"- {{name: {name}, roles: [{', '.join(roles)}], token_sha256: '{_digest(name)}'}}\n"
        for name, roles in PEOPLE.items()
    ]
    path = folder / "access.yaml"
    path.write_text("people:\n" + "".join(rows), encoding="utf-8")
    return path


def _digest(name: str) -> str:
    return hashlib.sha256(token(name).encode()).hexdigest()
