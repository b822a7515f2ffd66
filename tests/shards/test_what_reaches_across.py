"""What reaches from one shard into another: identities, ids, names, and the log's files. One store is the measure."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from beside import Both
from log_lines import at, compressed, event, line, scene_body
from site_tree import differing, read, tree

from pipeline.shards.build import FOLDER, build_in_shards
from pipeline.shards.sharding import shard_of

APART = 8
"""With so many shards the AOIs A, B, C and a are in different ones."""


def test_the_aois_of_these_tests_are_in_different_shards() -> None:
    assert len({shard_of(name, APART) for name in "ABCa"}) == len("ABCa")


@pytest.fixture
def three(both: Callable[..., Both]) -> Both:
    """The AOIs A, B and C, each with a scene of a tile: 1 with 11, 2 with 21, 3 with 31."""
    made = both(APART)
    for number, name in enumerate("ABC", 1):
        made.log.append(event("aoi.created", {"id": name}, at(0), name))
        made.log.append(creation(number, f"{number}1", name, 1, f"scene {number}"))
    return made


def creation(scene: int, tiles: str, aoi: str, time: int, id: str, **more: Any) -> dict[str, Any]:
    return event("scene.created", scene_body(scene, {int(tile): None for tile in tiles.split()}, aoi=aoi), at(time), id)


def result(kind: str, id: int, time: int, name: str, status: str = "DONE", **more: Any) -> dict[str, Any]:
    data = {"type": kind, "id": id, "status": status, "message": ""}
    return event(f"{kind}.result", data, at(time), name, **more)


def reasons(both: Both) -> dict[str, str]:
    return {one["event"]["id"]: one["reason"] for one in read(both.site(APART), "events/rejected.json")}


# Identities


def test_one_identity_in_two_aois(three: Both) -> None:
    """The first in log order counts, and it arrives last, in another shard: the scene of the other one goes."""
    three.log.append(creation(5, "51", "A", 5, "same"))
    three.build()
    assert (three.site(APART) / "scene/5.html").exists()
    three.log.append(creation(6, "61", "B", 4, "same"))
    three.build()
    assert not (three.site(APART) / "scene/5.html").exists()
    assert (three.site(APART) / "scene/6.html").exists()
    (lost,) = read(three.site(APART), "events/quarantine.json")
    assert (lost["file"], lost["line"]) == ("log.jsonl", 7)


def test_an_identity_that_a_creation_shares_with_an_event_that_names_an_id_alone(three: Both) -> None:
    """Whether the creation counts is told by an event that doesn't say where it belongs."""
    three.log.append(creation(5, "51", "A", 9, "same"))
    three.build()
    three.log.append(result("tile", 21, 8, "same"), result("scene", 5, 10, "done"))
    three.build()
    assert reasons(three)["done"] == "scene 5 is unknown"
    three.log.append(result("tile", 77, 7, "same"))
    three.build()
    three.log.append(creation(7, "77", "C", 6, "seven"))
    three.build()


def test_a_chain_of_identities_through_ids_that_nobody_knows(three: Both) -> None:
    three.log.append(
        result("tile", 91, 5, "x"), result("tile", 92, 6, "x"), result("tile", 92, 7, "y"), result("tile", 11, 8, "y")
    )
    three.build()
    three.log.append(creation(9, "91", "A", 4, "z"), creation(9, "92", "B", 3, "z"))
    three.build()
    three.log.append(creation(9, "91 92", "C", 2, "z"))
    three.build()


def test_duplicates_in_other_words_count_once(three: Both) -> None:
    again = line(creation(1, "11", "A", 1, "scene 1")).replace(b'","', b'", "')
    three.log.append(again, file="again.jsonl")
    three.build()
    assert three.sharded[APART].quarantined == 0


# Ids


def test_the_first_in_log_order_that_names_an_id_arrives_last(three: Both) -> None:
    three.log.append(creation(5, "51", "B", 8, "late"))
    three.build()
    three.log.append(creation(5, "55", "C", 7, "middle"))
    three.build()
    assert reasons(three) == {"late": "scene id 5 belongs to S5 of C"}
    three.log.append(creation(8, "51 55", "A", 6, "early"))
    three.build()
    assert sorted(reasons(three)) == ["late", "middle"]
    assert read(three.site(APART), "tile/55.json")["scene"]["aoi"] == "A"


def test_an_owner_that_was_refused_owns_still(three: Both) -> None:
    """It owns an id by being first, though it got none of its own: another id that it names was taken."""
    three.log.append(creation(1, "51", "B", 5, "refused"), creation(6, "51", "C", 6, "after"))
    three.build()
    assert sorted(reasons(three)) == ["after", "refused"]


def test_results_come_before_the_creation(three: Both) -> None:
    three.log.append(result("scene", 5, 10, "early"), result("tile", 51, 11, "early too"))
    three.build()
    assert sorted(reasons(three)) == ["early", "early too"]
    three.log.append(creation(5, "51", "A", 9, "at last"))
    three.build()
    assert reasons(three) == {}
    assert read(three.site(APART), "scene/5.json")["status"] == "DONE"


def test_results_whose_creation_loses(three: Both) -> None:
    """Its id is nobody's then: they are unknown again, once, though several shards have seen them."""
    three.log.append(creation(5, "51", "A", 9, "same"), creation(6, "51 61", "B", 8, "other"))
    three.log.append(result("scene", 5, 10, "done"), result("tile", 51, 12, "too"))
    three.build()
    three.log.append(creation(7, "71", "C", 7, "same"))
    three.log.append(event("aoi.created", {"id": "other"}, at(2), "other"))
    three.build()
    assert reasons(three)["done"] == "scene 5 is unknown"


def test_an_id_that_nobody_knows(three: Both) -> None:
    three.log.append(*(result("tile", 900 + number, 20, f"unknown {number}") for number in range(3)))
    three.build()
    three.log.append(creation(9, "901", "B", 18, "one of them"), result("scene", 9, 19, "ready"))
    three.build()
    assert sorted(reasons(three)) == ["unknown 0", "unknown 2"]


def test_a_scene_that_moves_to_another_shard_leaves_none_of_its_files_there(three: Both) -> None:
    """Though the first one has that AOI in its store, too, as an event of its own has the identity of its creation."""
    three.log.append(creation(5, "51 52", "A", 5, "there"))
    three.build()
    three.log.append(creation(5, "51", "B", 4, "here"), result("scene", 1, 99, "B"))
    three.build()
    assert (three.site(APART) / "scene/5.html").exists()
    assert not (three.site(APART) / "tile/52.json").exists()
    three.log.append(event("aoi.deleted", {"id": "B"}, at(50), "gone"), result("scene", 1, 51, "of A"))
    three.build()
    assert not (three.site(APART) / "scene/5.html").exists()


def test_an_event_with_a_partitionkey_is_looked_for_there_alone(three: Both) -> None:
    three.log.append(
        result("scene", 1, 5, "elsewhere", partitionkey="B"), result("scene", 1, 6, "right", partitionkey="A")
    )
    three.build()
    assert list(reasons(three)) == ["elsewhere"]


# Names


def test_names_that_differ_in_case_alone(three: Both) -> None:
    """Neither shard knows of the other's, but both get other folders."""
    three.build()
    assert (three.site(APART) / "aoi/A/index.html").exists()
    three.log.append(event("aoi.created", {"id": "a"}, at(9), "a"))
    three.build()
    assert not (three.site(APART) / "aoi/A/index.html").exists()
    three.log.append(event("aoi.deleted", {"id": "a"}, at(10), "a gone"))
    three.build()
    assert (three.site(APART) / "aoi/A/index.html").exists()


def test_an_aoi_that_vanishes_and_comes_again(three: Both) -> None:
    three.log.append(event("aoi.deleted", {"id": "B"}, at(20), "gone"))
    three.build()
    three.log.append(event("aoi.created", {"id": "B"}, at(21), "again"))
    three.build()


def test_more_events_than_are_shown(three: Both) -> None:
    """The latest of all are among the latest of each shard."""
    three.build()
    for number in range(260):
        kind, id = [("scene", 1), ("scene", 2), ("tile", 31), ("tile", 999)][number % 4]
        three.log.append(result(kind, id, 30 + number // 3, f"r{number}"))
    three.build()


# Files of the log


def test_files_that_are_replaced_gone_compressed_or_half_written(three: Both) -> None:
    log = three.log
    log.append(result("scene", 1, 5, "one"), b"not an event", file="a.jsonl")
    log.append(result("scene", 2, 6, "two"), file="b.jsonl")
    log.path("c.jsonl.gz").write_bytes(compressed([line(result("scene", 3, 7, "three")), b"{}"], ".gz"))
    with log.path("d.jsonl").open("ab") as torn:
        torn.write(b'{"half a line')
    three.build()
    assert [one["file"] for one in read(three.site(APART), "events/quarantine.json")] == ["a.jsonl", "c.jsonl.gz"]
    log.path("a.jsonl").write_bytes(line(result("tile", 11, 8, "four")) + b"\n")
    log.path("b.jsonl").unlink()
    three.build()
    found = three.sharded[APART].refreshed
    assert (found.replaced, found.gone) == (["a.jsonl"], ["b.jsonl"])
    assert found == three.one.refreshed


def test_lines_that_are_no_events_alone(three: Both) -> None:
    three.build()
    three.log.append(b"not an event")
    three.build()
    assert [one["text"] for one in read(three.site(APART), "events/quarantine.json")] == ["not an event"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(three: Both) -> None:
    three.log.append(result("scene", 1, 5, "one"), file="a.jsonl")
    three.log.path("a.jsonl").chmod(0)
    three.build()
    assert [one.path for one in three.sharded[APART].refreshed.unreadable] == ["a.jsonl"]


def test_lines_that_lost_are_shown_where_they_stand_in_the_log(three: Both) -> None:
    """Of several shards, files and builds, behind lines of other events."""
    for number, file in enumerate(["a.jsonl", "deep/b.jsonl", "c.jsonl"]):
        three.log.append(*(result("tile", 11, 30 + nth, f"{number} {nth}") for nth in range(3)), file=file)
        three.log.append(result("tile", 10 * number + 11, 60 - number, "same"), file=file)
        three.build()
    shown = read(three.site(APART), "events/quarantine.json")
    assert [(one["file"], one["line"]) for one in shown] == [("a.jsonl", 4), ("deep/b.jsonl", 4)]


def test_a_line_that_lost_is_shown_at_its_least_place_whichever_was_routed_first(three: Both) -> None:
    """What one build makes of the same files is the measure."""
    counts, lost = (event("aoi.created", {"id": "D"}, at(time), "same") for time in (1, 2))
    three.log.append(counts, lost, file="b1.jsonl")
    three.build()
    three.log.append(lost, file="b.jsonl")
    three.build()
    (shown,) = read(three.site(APART), "events/quarantine.json")
    assert (shown["file"], shown["line"]) == ("b.jsonl", 1)


def test_a_line_that_counted_and_lost_is_shown_at_its_least_place(three: Both) -> None:
    lost = event("aoi.created", {"id": "D"}, at(2), "same")
    for one, file in ((lost, "b1.jsonl"), (lost, "b.jsonl"), ({**lost, "time": at(1)}, "c.jsonl")):
        three.log.append(one, file=file)
        three.build()
    (shown,) = read(three.site(APART), "events/quarantine.json")
    assert (shown["file"], shown["line"]) == ("b.jsonl", 1)


def test_a_rotated_file_has_the_quarantine_of_a_build_that_begins_anew(three: Both) -> None:
    """Once where a build has seen it by its old name, and again when another line loses to one that comes later."""
    log = three.log
    first, second, third = (event("aoi.created", {"id": "D"}, at(time), "same") for time in (1, 2, 3))
    lines = [line(second), line(third), b"not an event"]
    log.append(*lines, file="b1.jsonl")
    three.build()
    log.path("b1.jsonl").unlink()
    log.path("b1.jsonl.gz").write_bytes(compressed(lines, ".gz"))
    three.build()
    shown = read(three.site(APART), "events/quarantine.json")
    assert [(one["file"], one["line"]) for one in shown] == [("b1.jsonl.gz", 2), ("b1.jsonl.gz", 3)]
    log.append(first, file="c.jsonl")
    three.build()
    as_they_were = tree(three.site(APART))
    three.options["full"] = True
    three.build()
    assert differing(as_they_were, tree(three.site(APART))) == []


def test_full_starts_from_the_files_that_are_there(three: Both) -> None:
    three.log.append(result("scene", 1, 5, "one"), file="a.jsonl")
    three.build()
    three.log.path("a.jsonl").unlink()
    three.options["full"] = True
    three.build()
    assert read(three.site(APART), "scene/1.json")["status"] == "PENDING"


def test_another_number_of_shards_begins_anew(three: Both) -> None:
    data, site = three.folder / str(APART), three.site(APART)
    three.log.append(result("scene", 1, 5, "one"))
    for shards in (3, APART):
        three.sharded[APART] = build_in_shards(data, site, shards)
        assert {path.name.partition("-")[0] for path in (data / FOLDER).glob("*.duckdb")} <= set(
            map(str, range(shards + 1))
        )
    three.build()
