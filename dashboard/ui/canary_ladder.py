"""The steps of a canary as a ladder: what each does, where it stands, and how long its pauses are."""

from datetime import datetime

import streamlit as st

from dashboard.domain.canary.ladder import Rung, times_contradict
from dashboard.domain.policy import Policy
from dashboard.reports.canaries import CanaryRow
from dashboard.ui import canary_words
from dashboard.ui import format as show
from dashboard.ui.folding import unbroken
from dashboard.ui.words import sign

_TWICE = 2


def draw(row: CanaryRow, now: datetime, policy: Policy) -> None:
    """The ladder of a canary; why there is none, where there is none."""
    ladder, zone = row.ladder, policy.timezone
    if ladder is None:
        st.markdown(
            ":violet-badge[? unknown] Its Rollout, or the steps of it, were not seen: only its analyses."
        )
        return
    weight = "of an unknown weight" if ladder.weight is None else f"at **{ladder.weight} %** of the traffic"
    place = "" if ladder.position is None else f", {_position(ladder.position, len(ladder.rungs))}"
    is_open = row.named.canary.outcome.is_open
    if row.named.stale:
        st.markdown(f"When it was last seen: {weight}{place}.")
    elif is_open:
        st.markdown(f"Now {weight}{place}, **{show.length(ladder.elapsed)}** after it began.")
    elif times_contradict(row.named.canary):
        st.markdown(f"How long it took is not known: it is told to have ended before it began{place}.")
    else:
        st.markdown(f"It took **{show.length(ladder.elapsed)}**{place}.")
    st.markdown(canary_words.ladder_strip(ladder))
    longer = row.pause_factor > 1 and is_open
    if longer:
        st.markdown(f"{_longer(row)} The Rollout itself still has its own pauses.")
    table = {
        "Step": [unbroken(_step(rung, longer=longer)) for rung in ladder.rungs],
        "Traffic": [_traffic(rung) for rung in ladder.rungs],
        "Where it is": [unbroken(canary_words.place_words(rung, now, zone)) for rung in ladder.rungs],
    }
    st.table(table, border="horizontal", hide_index=True, alt="The steps of the canary, and where it stands")


def _step(rung: Rung, *, longer: bool) -> str:
    told = f"{rung.index + 1}\\. {canary_words.step_words(rung.step)}"
    asks = longer and rung.asked is not None
    return f"{told}  \n:small[the policy asks for {show.length(rung.asked)}]" if asks else told


def _position(position: int, steps: int) -> str:
    return f"all of {steps} steps done" if position >= steps else f"at step {position + 1} of {steps}"


def _longer(row: CanaryRow) -> str:
    much = "doubled" if row.pause_factor == _TWICE else f"{row.pause_factor} times as long"
    return f":orange-badge[△ pauses {much}] The policy tier {sign(row.policy_tier).word} asks for that."


def _traffic(rung: Rung) -> str:
    return "–" if rung.weight is None else f"{rung.weight} %"
