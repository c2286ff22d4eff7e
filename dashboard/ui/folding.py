"""Long names in the cells of tables: a place to break, so that no table is wider than a phone."""

import re

from dashboard.ui.release_words import plain
from dashboard.ui.words import literal

#: Shows as nothing, and a line may end there.
_BREAK = "\u200b"
#: After these people expect a name to go on in the next line; what is longer has to break somewhere.
_JOINTS = re.compile(r"(?<=[/@_=-])(?=\w)|(?<=[:.,])(?=[^\W\d])")
_LONG = re.compile(r"\S{16}(?=\S)")


def folded(text: str, most: int = 80) -> str:
    """As `brief`, so that a long name goes on in the next line of a narrow cell; markdown."""
    words = _JOINTS.sub(_BREAK, plain(text, most)).split(_BREAK)
    return literal(_BREAK.join(_LONG.sub(rf"\g<0>{_BREAK}", word) for word in words))
