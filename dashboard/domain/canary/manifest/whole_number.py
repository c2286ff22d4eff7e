"""Whole numbers that a manifest may write as text: counts and limits, of 32 bits in Argo Rollouts."""

SMALLEST, LARGEST = -(2**31), 2**31 - 1
_MOST_DIGITS = 10


def whole_number(text: str) -> int | None:
    """The number that `text` is; None where it is none, or one of more than 32 bits: Argo reads 0 then."""
    digits = text.removeprefix("-").removeprefix("+")
    if not digits.isascii() or not digits.isdigit() or len(digits) > _MOST_DIGITS:
        return None
    number = int(digits) if text[0] != "-" else -int(digits)
    return number if SMALLEST <= number <= LARGEST else None
