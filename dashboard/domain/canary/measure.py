"""What is counted of the requests of both arms of a canary: how many were bad, in one sense or another."""

from enum import StrEnum


class Measure(StrEnum):
    """In what sense a request is bad: it failed, or it took longer than a threshold.

    Both are so many bad ones of so many requests, so that both are judged by the same mathematics.
    """

    ERRORS = "errors"
    SLOW = "slow"
