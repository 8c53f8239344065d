from collections.abc import Iterator

import pytest

from tests.reminders.smtp import Postbox, postbox


@pytest.fixture
def box() -> Iterator[Postbox]:
    with postbox() as made:
        yield made
