"""Lines in batches: all of them, in their order, and none too large to be appended at once."""

import pytest

from pipeline.log import batches as module
from pipeline.log.batches import batches


def test_no_batch_has_more_lines_or_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    assert list(batches([b"1234", b"1234", b"1", b"", b"12345678901234", b"1"], 3)) == [
        [b"1234", b"1234"], [b"1", b""], [b"12345678901234"], [b"1"]
    ]  # fmt: skip
    assert list(batches([b"1"] * 5, 2)) == [[b"1", b"1"], [b"1", b"1"], [b"1"]]
    assert list(batches([], 2)) == []
