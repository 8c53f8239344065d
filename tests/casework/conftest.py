"""The park of the due list, ready to be applied for."""

import pytest

from tests.conftest import Cast
from tests.duelist import park
from tests.duelist.park import Park


@pytest.fixture
def due_park(cast: Cast) -> Park:
    return park.make(cast)
