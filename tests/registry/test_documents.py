"""Files kept by their content."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from inspect_station.registry import documents

TRIES, AT_ONCE = 40, 4


def test_the_same_picture_sent_by_several_at_once_is_kept_once_and_refuses_nobody(tmp_path: Path) -> None:
    together = Barrier(AT_ONCE)

    def send(number: int) -> str:
        together.wait()
        return documents.keep(tmp_path, b"photo %d" % number * 5_000)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(TRIES):
            digests = {sent.result() for sent in [pool.submit(send, number) for _ in range(AT_ONCE)]}
            assert len(digests) == 1
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == TRIES
