"""The patterns of `GET /aoi/{pattern}`: `*` is any text, `?` any one character, all else itself."""

import pytest

from pipeline.operate.show import matches


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("Demo", "Demo"), ("Demo", "*"), ("", "*"), ("Demo", "D*"), ("Demo", "*mo"), ("Demo", "D*o"), ("Demo", "D??o"),
        ("a.b", "a.b"), ("a[b]", "a[b]"), ("a\nb", "a?b"), ("a\nb", "*"), ("S1_Stack", "S?_*"), ("(a+)+$", "(a+)+$"),
    ],
)  # fmt: skip
def test_a_name_that_matches(name: str, pattern: str) -> None:
    assert matches(name, pattern)


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("Demo", "demo"), ("Demo", "Dem"), ("Demo", "emo"), ("Demo", "?"), ("Demo", ""), ("axb", "a.b"), ("b", "[b]"),
        ("Demo\n", "Demo"), ("", "?"),
    ],
)  # fmt: skip
def test_a_name_that_does_not(name: str, pattern: str) -> None:
    assert not matches(name, pattern)
