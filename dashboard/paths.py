"""Where the product's own files are: in a checkout at its root, in an installed wheel inside the package."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_BUNDLED = _PACKAGE / "bundled"

#: The folder that holds `pages/`, `data/` and `.streamlit/`.
ROOT = _BUNDLED if _BUNDLED.is_dir() else _PACKAGE.parent

PAGES = ROOT / "pages"
DEFAULT_CATALOG = ROOT / "data" / "catalog.yaml"
DEFAULT_POLICY = ROOT / "data" / "policy.yaml"
RELEASE_GATE = ROOT / "data" / "release_gate.rego"
CANARY_TEMPLATES = ROOT / "data" / "canary"
DEFAULT_SOURCES = ROOT / "data" / "sources.yaml"
STREAMLIT_CONFIG = ROOT / ".streamlit" / "config.toml"
APP_SCRIPT = _PACKAGE / "app.py"

#: Relative on purpose: the store belongs to the folder that the product is run in.
DEFAULT_STORE = Path("data") / "reliability.db"
#: Ditto: who is who, and when nothing is released.
DEFAULT_ACCESS = Path("data") / "access.yaml"
DEFAULT_FREEZES = (Path("data") / "freezes.ics", Path("data") / "freezes.yaml")
