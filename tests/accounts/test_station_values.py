"""The station's values, one by one and for the work of one letter."""

import peewee

from inspect_station.accounts import station as values
from tests.conftest import NOW


def test_values_read_together_stand_until_the_end_and_what_is_written_in_between_is_seen(
    station: peewee.Database,
) -> None:
    values.put("a", 1, NOW)
    with values.together("a", "b"):
        assert (values.get("a"), values.get("b", "none")) == (1, "none")
        values.put("b", {"x": 2}, NOW)
        assert (values.get("b"), values.get("c")) == ({"x": 2}, None)
    values.put("a", None, NOW)
    with values.together("a"):
        assert values.get("a") is None
