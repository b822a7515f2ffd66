"""Each protection can be taken out of today's sources, and that a test notices it can be seen (`make torture`)."""

from collections import Counter
from pathlib import Path

import pytest

from torture.protection_table import PROTECTIONS, Protection
from torture.protections import ROOT, attack_one, copy_tree


@pytest.mark.parametrize("protection", PROTECTIONS, ids=str)
def test_a_protection_is_where_the_table_says(protection: Protection) -> None:
    """What is to be taken out is there once, and without it the source is one still."""
    source = (ROOT / protection.file).read_text("utf-8")
    assert source.count(protection.old) == 1
    compile(source.replace(protection.old, protection.new), protection.file, "exec")


def test_each_names_a_test_that_is_there() -> None:
    for file, *_, name in (one.test.split("::") for one in PROTECTIONS):
        assert f"def {name}(" in (ROOT / file).read_text("utf-8")


def test_each_is_told_from_the_others() -> None:
    assert [name for name, times in Counter(map(str, PROTECTIONS)).items() if times > 1] == []
    assert len({(one.file, one.old, one.new) for one in PROTECTIONS}) == len(PROTECTIONS)


def test_one_that_is_taken_out_is_noticed_and_one_that_is_not_is_told(tmp_path: Path) -> None:
    copy = copy_tree(tmp_path / "tree")
    protection = next(one for one in PROTECTIONS if one.against == "a record of a batch, written in part")
    found = attack_one(protection, copy)
    assert (found.broken, found.counts) == ([], {"protections taken out": 1, "noticed": 1})
    harmless = Protection("nothing", protection.file, protection.old, protection.old, protection.test)
    assert attack_one(harmless, copy).broken == ["pipeline/disk.py (nothing): no test noticed that it was taken out"]
    assert (copy / protection.file).read_bytes() == (ROOT / protection.file).read_bytes()
