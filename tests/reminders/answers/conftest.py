from pathlib import Path

import pytest

from tests.conftest import Cast
from tests.reminders.answers.park import Told, tell


@pytest.fixture
def told(cast: Cast, tmp_path: Path) -> Told:
    return tell(cast, tmp_path)
