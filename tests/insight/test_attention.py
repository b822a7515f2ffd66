"""What needs attention: each failure in exactly one group, what holds up most first."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from pipeline.insight.attention import Attention, Group, attention, cause
from pipeline.insight.failures import failures
from pipeline.insight.guard import expect, state_of
from pipeline.insight.waiting import Waiting, reasons

if TYPE_CHECKING:
    from conftest import Story, Then

    from pipeline.store.board import Board


def seen(story: Story) -> list[Group]:
    board = story.board()
    return list(attention(board, reasons(board)).groups)


# What went wrong: the normal form of a message


@pytest.mark.parametrize(
    ("message", "form"),
    [
        ("download: 503", "download: <n>"),
        ("tile 12 of scene 4: -3.5e6 dB, 99%", "tile <n> of scene <n>: <n> dB, <n>"),
        ("got 0x1F from deadbeefcafe", "got <n> from <n>"),
        ("job 550e8400-e29b-41d4-a716-446655440000 died", "job <id> died"),
        ("at 2022-01-04T10:34:31.024Z: lost", "at <date>: lost"),
        ("at 2022-01-04 10:34:31+00:00: lost", "at <date>: lost"),
        ("since 20220104T103431 and 10:34:31", "since <date> and <time>"),
        ("context deadline exceeded after 1m30.5s", "context deadline exceeded after <time>"),
        ("timeout after 30 s", "timeout after <time>"),
        ("timeout after 30s", "timeout after <time>"),
        ("Process[A44_IW1_8979].S1_Coherence: failed", "Process[<name>].<name>: failed"),
        ("open /data/in/B04.tif: no such file", "open <path>: no such file"),
        ("stat library/graph/Extract.json: no such file", "stat <path>: no such file"),
        (r"open C:\data\x.tif: denied", "open <path>: denied"),
        ('open "/my data/x": denied', 'open "<path>": denied'),
        ("gzip: B04.tif is torn", "gzip: <path> is torn"),
        ("GET https://a.example/x?id=1&k=(2): 404", "GET <url>: <n>"),
        ("s3://bucket/key: AccessDenied", "<url>: AccessDenied"),
        ("no space left: 12 GB of 1.5TiB", "no space left: <size> of <size>"),
        ("tiles 12, 13 and 14 are missing", "tiles <n> are missing"),
        (
            "ProcessTile[20220104_S2A_MSIL1C_20220104T103431_N0301_R108_T32UNG_20220104T123507].Load",
            "ProcessTile[<name>].Load",
        ),
        ("burst A44_IW1_8979 on worker-7d9f8b6c5-x2x9k", "burst <name> on <name>"),
        ("square T32UNG by S2A", "square <name> by <name>"),
        ("a\n  b\r\nc", "a b c"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_a_cause_is_the_message_without_what_it_is_about(message: str, form: str) -> None:
    assert cause(message) == form


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SNAP: out of memory", "SNAP: out of disk"),
        ("read error", "write error"),
        ("I/O error", "read/write error"),
        ("open /a: no such file", "open /a: permission denied"),
        ("image.Provider: empty", "image.Archive: empty"),
    ],
)
def test_messages_with_other_words_are_other_causes(one: str, other: str) -> None:
    assert cause(one) != cause(other)


@pytest.mark.parametrize(
    "hostile", ["1" * 10**6, "/" * 10**6, '"/' * 10**5, "_1-." * 10**5, "a.1" * 10**5, "." * 10**5 + "1", "<n>" * 10**5]
)
def test_a_hostile_message_has_a_short_cause_too(hostile: str) -> None:
    assert 0 < len(cause(hostile)) <= 300


# Groups


def test_failures_of_one_cause_are_one_group(story: Story) -> None:
    story.scene(1, tiles={11: None, 12: None, 13: None})
    story.says("scene", 1, "DONE")
    story.says("tile", 13, "RETRY", "open /data/13.tif: no such file")
    story.says("tile", 12, "RETRY", "open /data/12.tif: no such file")
    (group,) = seen(story)
    assert (group.kind, group.status, group.cause) == ("tile", "RETRY", "open <path>: no such file")
    assert (group.count, group.ids, group.source_ids) == (2, (12, 13), ("tile 12", "tile 13"))
    assert group.example == "open /data/13.tif: no such file"  # of the one that failed first
    assert group.oldest == "2022-03-01T00:04:00.000000000"


def test_kind_status_and_cause_tell_groups_apart(story: Story) -> None:
    story.scene(1, tiles={1: None, 2: None, 3: None})
    story.scene(2, tiles={4: None})
    story.says("scene", 2, "RETRY", "disk full")
    story.says("scene", 1, "DONE")
    story.says("tile", 1, "RETRY", "disk full")
    story.says("tile", 2, "RETRY", "out of memory")
    story.says("tile", 3, "FAILED", "disk full")
    assert {(group.kind, group.status, group.cause, group.ids) for group in seen(story)} == {
        ("scene", "RETRY", "disk full", (2,)),
        ("tile", "RETRY", "disk full", (1,)),
        ("tile", "RETRY", "out of memory", (2,)),
        ("tile", "FAILED", "disk full", (3,)),
    }


def test_what_failed_without_a_word_is_a_group(story: Story) -> None:
    story.scene(1, tiles={1: None})
    story.says("scene", 1, "RETRY", "\n")
    (group,) = seen(story)
    assert (group.cause, group.example) == ("no message", "")


def test_tiles_that_failed_with_their_scene_are_a_group_of_its_cause(story: Story) -> None:
    story.scene(1, tiles={1: None, 2: None})
    story.says("scene", 1, "FAILED", "product 7 not found")
    assert {(group.kind, group.cause, group.ids, group.example) for group in seen(story)} == {
        ("scene", "product <n> not found", (1,), "product 7 not found"),
        ("tile", "failed with its scene: product <n> not found", (1, 2), "product 7 not found"),
    }
    assert all(group.settled and not group.retry and not group.fail for group in seen(story))


def test_a_tile_that_failed_with_its_scene_and_then_by_itself_has_its_own_cause(story: Story) -> None:
    story.scene(1, tiles={1: None})
    story.says("scene", 1, "FAILED", "product not found")
    story.event("tile.force", id=1, status="PENDING")
    story.says("tile", 1, "FAILED", "out of memory")
    assert ("tile", "out of memory") in {(group.kind, group.cause) for group in seen(story)}


def test_the_first_failure_counts_not_the_last(story: Story) -> None:
    story.scene(1, tiles={1: None}, retries=1)
    story.says("scene", 1, "RETRY", "timeout")  # tried again by itself
    story.says("scene", 1, "RETRY", "timeout")
    story.event("scene.retry", id=1)
    story.says("scene", 1, "RETRY", "timeout")
    assert seen(story)[0].oldest == "2022-03-01T00:03:00.000000000"


def test_nothing_failed_nothing_to_do(story: Story) -> None:
    story.chain(3)
    board = story.board()
    found = attention(board, reasons(board))
    assert (found.groups, found.count, found.held_up) == ((), 0, 0)


# How much a group holds up


def test_a_tile_holds_up_its_chain_and_the_chains_that_branch_off(story: Story) -> None:
    story.chain(3)
    story.scene(4, tiles={4: 1, 5: None})
    story.says("tile", 1, "RETRY", "no space left")
    (group,) = seen(story)
    assert group.held_up == 3  # 2, 3 and 4


def test_a_scene_in_retry_holds_up_its_tiles_and_those_behind_them(story: Story) -> None:
    story.scene(1, tiles={1: None, 2: None})
    story.says("scene", 1, "RETRY", "download: 503")
    story.scene(2, tiles={3: 1})
    (group,) = seen(story)
    assert group.held_up == 3


def test_a_tile_behind_two_failures_is_held_up_by_the_earlier_one_only(story: Story) -> None:
    story.chain(2)
    story.says("tile", 1, "RETRY", "no space left")
    story.scene(3, tiles={3: 2})
    story.says("scene", 3, "RETRY", "download: 503")
    assert [(group.kind, group.held_up) for group in seen(story)] == [("tile", 2), ("scene", 0)]


def test_a_failed_scene_with_a_tile_set_new_still_holds_it_up(story: Story) -> None:
    story.scene(1, tiles={1: None})
    story.says("scene", 1, "FAILED", "product not found")
    story.event("tile.force", id=1, status="NEW")
    (group,) = seen(story)
    assert (group.kind, group.held_up, group.settled) == ("scene", 1, False)


# The order


def test_what_holds_up_most_comes_first_then_the_largest_then_the_oldest(story: Story) -> None:
    story.scene(1, tiles=dict.fromkeys(range(1, 7)))
    story.says("scene", 1, "DONE")
    story.scene(2, tiles={10: 6})
    story.says("tile", 1, "RETRY", "newer than none")
    story.says("tile", 2, "RETRY", "alone")
    story.says("tile", 3, "RETRY", "alone too")
    story.says("tile", 4, "RETRY", "a pair")
    story.says("tile", 5, "RETRY", "a pair")
    story.says("tile", 6, "RETRY", "holds one up")
    assert [group.cause for group in seen(story)] == ["holds one up", "a pair", "newer than none", "alone", "alone too"]


# Whether trying again has helped


def test_how_often_a_retry_after_this_cause_has_helped(story: Story) -> None:
    story.scene(1, tiles={1: None, 2: None, 3: None})
    story.says("scene", 1, "DONE")
    story.says("tile", 1, "RETRY", "timeout after 30s")
    story.event("tile.retry", id=1)
    story.says("tile", 1, "RETRY", "timeout after 31s")
    story.event("tile.retry", id=1)
    story.says("tile", 1, "DONE")
    story.says("tile", 2, "RETRY", "out of memory")
    story.event("aoi.retry", id="Demo")
    story.says("tile", 2, "DONE")
    story.says("tile", 3, "RETRY", "timeout after 2m")
    (group,) = seen(story)
    assert group.helped == (1, 2)


def test_an_automatic_retry_counts_as_one(story: Story) -> None:
    story.scene(1, tiles={1: None}, retries=1)
    story.says("scene", 1, "RETRY", "timeout")
    story.says("scene", 1, "DONE")
    assert failures(story.board()).helped("scene", "timeout") == (1, 1)


def test_a_worker_that_starts_again_by_itself_counts_as_a_retry(story: Story) -> None:
    story.scene(1, tiles={1: None})
    story.says("scene", 1, "RETRY", "timeout")
    story.says("scene", 1, "PENDING")
    story.says("scene", 1, "FAILED", "gone")
    assert failures(story.board()).helped("scene", "timeout") == (0, 1)


def test_a_retry_that_has_not_ended_or_was_ended_by_hand_says_nothing(story: Story) -> None:
    for id in (1, 2, 3):
        story.scene(id, tiles={id: None})
        story.says("scene", id, "RETRY", "timeout")
        story.event("scene.retry", id=id)
    story.event("scene.force", id=2, status="DONE")
    story.event("scene.force", id=3, status="RETRY")
    story.says("scene", 3, "DONE")
    assert failures(story.board()).helped("scene", "timeout") == (0, 0)


def test_what_helped_is_known_beyond_the_deletion_of_the_aoi_what_failed_is_not(story: Story) -> None:
    story.scene(1, tiles={1: None}, retries=1)
    story.says("scene", 1, "RETRY", "timeout")
    story.says("scene", 1, "DONE")
    story.says("tile", 1, "RETRY", "timeout")
    story.event("aoi.deleted", id="Demo")
    story.event("aoi.created", id="Demo")
    story.scene(1, tiles={1: None})
    known = failures(story.board())
    assert known.helped("scene", "timeout") == (1, 1)
    assert (known.tries, known.first) == ({}, {})


# Commands


def test_the_commands_name_ids_and_carry_a_guard(story: Story) -> None:
    story.scene(1, tiles={1: None, 2: None})
    story.says("scene", 1, "DONE")
    story.says("tile", 2, "RETRY", "timeout")
    story.says("tile", 1, "RETRY", "timeout")
    (group,) = seen(story)
    guard = expect(map(state_of, story.board().tiles.values()))
    assert group.retry == (f"sceneboard tile retry 1 2 --expect {guard}",)
    assert group.fail == (f"sceneboard tile fail 1 2 --expect {guard}",)


def test_only_what_the_rules_allow_is_offered(story: Story) -> None:
    story.chain(2)
    story.scene(3, tiles={3: None})
    story.says("tile", 1, "DONE")
    for id in (1, 3):
        story.event("tile.force", id=id, status="RETRY")
    (group,) = seen(story)
    assert group.ids == (1, 3)
    # tile 3's scene isn't DONE; a worker has the tile behind tile 1
    guards = {id: expect([state_of(story.board().tiles[id])]) for id in (1, 3)}
    assert (group.retry, group.retriable) == ((f"sceneboard tile retry 1 --expect {guards[1]}",), 1)
    assert (group.fail, group.failable) == ((f"sceneboard tile fail 3 --expect {guards[3]}",), 1)


# Work that will never come


def test_a_scene_whose_creation_was_rejected_is_listed(story: Story) -> None:
    story.scene(1, tiles={1: 99})
    story.scene(2, tiles={2: 98})
    (group,) = seen(story)
    assert (group.kind, group.status, group.ids) == ("creation", "REJECTED", (1, 2))
    assert group.source_ids == ("scene 1", "scene 2")
    assert group.cause == "previous tile seen (scene never) of tile tile <n> is unknown in Demo"
    assert group.oldest == "2022-03-01T00:02:00.000000000"
    assert not group.retry and not group.fail


def test_a_scene_that_was_rejected_several_times_counts_once(story: Story) -> None:
    story.scene(1, tiles={1: 99})
    story.scene(1, tiles={})
    (group,) = seen(story)
    assert (group.count, group.cause) == (1, "scene scene <n> has no tiles")
    assert group.oldest == "2022-03-01T00:02:00.000000000"


def test_a_scene_that_came_after_all_is_not_listed(story: Story) -> None:
    story.scene(1, tiles={1: 99})
    story.scene(1, tiles={1: None})
    story.scene(1, tiles={})
    assert seen(story) == []


def test_a_rejection_before_the_aoi_was_deleted_is_not_listed(story: Story) -> None:
    story.scene(1, tiles={1: 99})
    story.event("aoi.deleted", id="Demo")
    story.event("aoi.created", id="Demo")
    assert seen(story) == []


# The two laws, over every recorded run of the server


@pytest.fixture(scope="module")
def recorded(recorded_boards: list[Board]) -> list[tuple[Board, Waiting, Attention]]:
    return [(board, found := reasons(board), attention(board, found)) for board in recorded_boards]


def test_recorded_failures_stand_in_exactly_one_group(recorded: list[tuple[Board, Waiting, Attention]]) -> None:
    for board, _, found in recorded:
        listed = Counter((group.kind, group.status, id) for group in found.groups for id in group.ids)
        failed = Counter(
            (kind, entity.status, id)
            for kind, entities in (("scene", board.scenes), ("tile", board.tiles))
            for id, entity in entities.items()
            if entity.status in ("RETRY", "FAILED")
        )
        creations = [group for group in found.groups if group.kind == "creation"]
        names = [name for group in creations for name in group.source_ids]
        assert len(set(names)) == len(names)
        assert set(names).isdisjoint(scene.source_id for scene in board.scenes.values())
        assert {key: n for key, n in listed.items() if key[0] != "creation"} == failed
        assert found.count == len(names) + failed.total()
    assert any(group.kind == "creation" for _, _, found in recorded for group in found.groups)


def test_recorded_tiles_are_held_up_by_exactly_one_group(recorded: list[tuple[Board, Waiting, Attention]]) -> None:
    for board, waiting, found in recorded:
        behind = Counter(
            (reason.root_kind, reason.root_id)
            for tile in board.tiles.values()
            if tile.status == "NEW" and (reason := waiting.tile(tile.id)).kind == "behind a failure"
        )
        assert found.held_up == behind.total()
        for group in found.groups:
            assert group.held_up == sum(behind[group.kind, id] for id in group.ids)


def test_recorded_groups_differ_in_what_they_are_about(recorded: list[tuple[Board, Waiting, Attention]]) -> None:
    for _, _, found in recorded:
        keys = [(group.kind, group.status, group.cause) for group in found.groups]
        assert len(set(keys)) == len(keys) and all(cause for _, _, cause in keys)


@pytest.mark.parametrize("verb", ["retry", "fail"])
def test_recorded_commands_are_taken_whole(
    recorded: list[tuple[Board, Waiting, Attention]], then: Then, verb: str
) -> None:
    """What a group offers is applied by the real fold, one after the other, and is all that it would apply."""
    offered = 0
    for board, _, found in recorded:
        for group in found.groups:
            lines = group.retry if verb == "retry" else group.fail
            ids = [int(word) for line in lines for word in line.split() if word.isdecimal() and len(word) < 10]
            verdicts = then(board, [(f"{group.kind}.{verb}", {"id": id}) for id in ids]).verdicts
            assert verdicts == ["applied"] * len(ids)
            assert len(ids) == (group.retriable if verb == "retry" else group.failable)
            offered += len(ids)
    assert offered > 20
