"""A mould is filled as Jinja would fill its template, and refuses a template that looks at what it is filled with."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from pipeline.render.environment import environment, html_bytes, rendered
from pipeline.render.mould import Mould

NAMES = ("text", "html", "flag", "number", "rows")
TEMPLATE = (
    "<p class='{{ text }}'>{% if html %}{{ html }}{% else %}nothing{% endif %}{% if flag %}!{% endif %}{{ number }}"
    "{% for name, value in rows %}<b>{{ name }}</b>{% if value %}={{ value }}{% endif %}{% endfor %}{{ text }}"
    "{% if rows %}<i>{% endif %}</p><a href='{{ link('index.html') }}'>"
)


@pytest.fixture(scope="module")
def template() -> Iterator[Callable[[str], str]]:
    """Gives a template of this source a name."""
    sources: dict[str, str] = {}
    loader = environment().loader
    environment().loader = jinja2.ChoiceLoader([jinja2.DictLoader(sources), loader] if loader else [])

    def named(source: str) -> str:
        name = f"test-{len(sources)}.html"
        sources[name] = source
        return name

    yield named
    environment().loader = loader


@pytest.fixture(scope="module")
def both(template: Callable[[str], str]) -> tuple[Mould, Callable[[Sequence[Any]], str]]:
    """A mould, and Jinja's own rendering of its template."""
    name = template(TEMPLATE)
    mould = Mould(name, NAMES, "scene/any.html", lists=("rows",))
    return mould, lambda values: rendered(name, "scene/any.html", **dict(zip(NAMES, values, strict=True)))


texts = st.text(st.sampled_from("a&<>\"'\0 12{%é"), max_size=4)
values = st.tuples(
    texts,
    texts.map(Markup),
    st.booleans(),
    st.integers(-2, 2),
    st.lists(st.tuples(texts, st.one_of(texts, texts.map(Markup), st.integers(0, 1))), max_size=3),
)


@given(some=st.lists(values, min_size=1, max_size=4))
def test_it_is_filled_as_jinja_fills_the_template(both: Any, some: list[tuple[Any, ...]]) -> None:
    """Whatever it was filled with before."""
    mould, by_jinja = both
    for one in some:
        assert mould.fill(one) == by_jinja(one)


def test_what_comes_of_it_is_html(both: Any) -> None:
    mould, _ = both
    inner = mould.fill(("<", Markup("<u>"), True, 1, []))
    assert isinstance(inner, Markup)
    assert str(inner) in str(mould.fill(("", inner, True, 1, [])))


@pytest.mark.parametrize(
    "source",
    [
        "{% if text == 'a' %}x{% endif %}",
        "{{ text|upper }}",
        "{{ text|length }}",
        "{{ text + 'a' }}",
        "{% if text in ('a', 'b') %}x{% endif %}",
        "{% for one in text %}x{% endfor %}",
        "{{ text[0] }}",
        "{{ text.other }}",
    ],
)
def test_a_template_that_looks_at_a_value_is_refused(template: Callable[[str], str], source: str) -> None:
    """It would be made for one value and used for all that are alike."""
    mould = Mould(template(source), ("text",), "index.html")
    with pytest.raises((TypeError, jinja2.UndefinedError)):
        mould.fill(("a",))


def test_a_mould_without_marks_and_with_one(template: Callable[[str], str]) -> None:
    assert Mould(template("fixed"), ("text",), "index.html").fill(("a",)) == "fixed"
    assert Mould(template("<{{ text }}>"), ("text",), "index.html").fill(("&",)) == "<&amp;>"


@pytest.mark.parametrize("character", ["\0", "\x0b", "\x7f", "\x80", "\x9f", "\ufdd0", "\uffff"])
def test_a_character_that_html_may_not_hold_is_replaced(character: str) -> None:
    assert html_bytes(f"12° · {character}é") == "12° · \ufffdé".encode()


@pytest.mark.parametrize("character", ["\n", "\t", "\xa0", "°", "·", "À", "\ufffd", "\ufdcf", "\U0001f6f0"])
def test_other_characters_are_kept(character: str) -> None:
    assert html_bytes(f"12° · {character}é") == f"12° · {character}é".encode()
