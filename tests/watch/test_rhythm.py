"""When a build begins: told in times, without waiting for one."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.watch.rhythm import Rhythm


def rhythm() -> Rhythm:
    return Rhythm(settle_seconds=2, max_wait_seconds=30, first_retry_seconds=5, longest_retry_seconds=60)


def test_nothing_is_due_while_nothing_has_changed() -> None:
    assert rhythm().due_at() is None


def test_a_change_is_built_when_the_log_has_settled() -> None:
    one = rhythm()
    one.changed(100)
    assert one.due_at() == 102


def test_a_burst_is_one_build_after_its_last_change() -> None:
    one = rhythm()
    for now in (100, 100.5, 101, 101.9):
        one.changed(now)
    assert one.due_at() == 103.9
    one.begun()
    assert one.due_at() is None


def test_a_steady_stream_is_built_so_long_after_its_first_change_at_the_latest() -> None:
    one = rhythm()
    for second in range(100, 200):
        one.changed(second)
    assert one.due_at() == 130


def test_what_changes_during_a_build_is_for_the_next_one() -> None:
    one = rhythm()
    one.changed(100)
    one.begun()
    one.changed(103)
    one.ended(110, ok=True)
    assert one.due_at() == 105, "settled long ago: due at once"


def test_a_failed_build_is_tried_again_after_a_while_that_grows() -> None:
    one = rhythm()
    waits = []
    now = 100.0
    for _ in range(6):
        one.begun()
        one.ended(now, ok=False)
        due = one.due_at()
        assert due is not None
        waits.append(due - now)
        now = due
    assert waits == [5, 10, 20, 40, 60, 60]


def test_changes_do_not_hurry_a_build_that_fails() -> None:
    one = rhythm()
    one.begun()
    one.ended(100, ok=False)
    one.changed(101)
    assert one.due_at() == 105


def test_after_a_success_failures_are_forgotten() -> None:
    one = rhythm()
    for ok in (False, False, True, False):
        one.begun()
        one.ended(100, ok=ok)
    assert one.due_at() == 105


def test_failing_for_ever_does_not_overflow() -> None:
    one = rhythm()
    for _ in range(5000):
        one.begun()
        one.ended(100, ok=False)
    assert one.due_at() == 160


@given(st.lists(st.floats(0, 10), min_size=1, max_size=50))
def test_no_change_waits_longer_than_the_longest_wait(gaps: list[float]) -> None:
    """Whatever the changes are like: a build begins within 30 seconds of each, and never before it has settled."""
    one = rhythm()
    now, oldest = 0.0, None
    for gap in gaps:
        due = one.due_at()
        if due is not None and due <= now + gap:
            assert oldest is not None
            assert due - oldest <= 30
            one.begun()
            one.ended(due, ok=True)
            oldest = None
        now += gap
        one.changed(now)
        oldest = now if oldest is None else oldest
    due = one.due_at()
    assert due is not None
    assert oldest is not None
    assert due - oldest <= 30
