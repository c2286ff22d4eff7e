"""The demo's versions rise, and lead where they must."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.demo.versions import Version, leading_to, onwards, parse_version

_VERSIONS = st.builds(Version, st.integers(0, 3), st.integers(0, 12), st.integers(0, 4))


def _random() -> np.random.Generator:
    return np.random.default_rng(1)


@given(low=_VERSIONS, high=_VERSIONS, count=st.integers(0, 40))
def test_versions_between_two_rise_to_the_second(low: Version, high: Version, count: int) -> None:
    try:
        found = leading_to(low, high, count, _random())
    except ValueError:
        assert low >= high or low[:2] == high[:2]
        return
    assert len(found) == count
    if count and low < high:
        assert found[-1] == high
        assert all(earlier < later for earlier, later in pairwise([low, *found]))


@given(low=_VERSIONS, count=st.integers(0, 40))
def test_versions_onwards_rise(low: Version, count: int) -> None:
    found = onwards(low, count, _random())
    assert len(found) == count
    assert all(earlier < later for earlier, later in pairwise([low, *found]))


def test_no_room_between_two_versions_is_told() -> None:
    with pytest.raises(ValueError, match=r"found no 3 versions after 1\.2\.0 up to 1\.2\.2"):
        leading_to(Version(1, 2, 0), Version(1, 2, 2), 3, _random())


def test_a_version_is_read_as_it_is_written() -> None:
    assert str(parse_version("4.17.2")) == "4.17.2"
    assert parse_version("4.18.0").is_feature
    with pytest.raises(ValueError, match=r"found '4\.17', expected a version such as 4\.17\.2"):
        parse_version("4.17")
