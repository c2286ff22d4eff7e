"""Where a line may end: a place to break in long names, none between a number and its unit.

On a phone most lines are broken, and no table may be wider than one.
"""

import re

from dashboard.ui.release_words import plain
from dashboard.ui.words import literal

#: Shows as nothing, and a line may end there.
_BREAK = "\u200b"
#: After these people expect a name to go on in the next line; what is longer has to break somewhere.
_JOINTS = re.compile(r"(?<=[/@_=-])(?=\w)|(?<=[:.,])(?=[^\W\d])")
_LONG = re.compile(r"\S{16}(?=\S)")
#: A number and what it counts, which mean nothing apart: `1 h`, `25 %`, `23 Nov`, `14:51 UTC`. Markdown may
#: have escaped the sign.
_UNIT = re.compile(r"(?<=\d) (?=\\?%|(?:d|h|min|s|UTC|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b)")
_NO_BREAK = "\u00a0"


def unbroken(text: str) -> str:
    """`text` so that no line ends between a number and its unit; markdown stays markdown."""
    return _UNIT.sub(_NO_BREAK, text)


def folded(text: str, most: int = 80) -> str:
    """As `brief`, so that a long name goes on in the next line of a narrow cell; markdown."""
    words = _JOINTS.sub(_BREAK, plain(text, most)).split(_BREAK)
    return literal(_BREAK.join(_LONG.sub(rf"\g<0>{_BREAK}", word) for word in words))
