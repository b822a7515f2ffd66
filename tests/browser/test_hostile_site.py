"""Nothing of a hostile log runs, loads or becomes an element, on any page, whatever one does there."""

import re
from typing import TYPE_CHECKING

import pytest
from example_sites import KINDS, Site
from hostile_log import PAYLOADS
from visits import WIDTHS, Visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

_FOREIGN = """SITE => {
    const found = [], tell = text => found.push(text.slice(0, 200));
    const elsewhere = value => !new URL(value, document.baseURI).href.startsWith(SITE);
    if ('__pwned' in window || '__pwned' in Object.prototype) tell('a script ran');
    const foreign = 'pwned-mark, [data-pwned], iframe, object, embed, base, form, style, noscript, b b';
    for (const one of document.querySelectorAll(foreign)) tell(one.outerHTML);
    for (const one of document.querySelectorAll('script'))
        if (one.type !== 'application/json' && (one.textContent || elsewhere(one.src))) tell(one.outerHTML);
    for (const one of document.querySelectorAll('*'))
        for (const { name, value } of one.attributes) {
            const refers = ['href', 'xlink:href', 'src', 'action', 'data', 'srcset'].includes(name);
            if (name.startsWith('on') || name === 'autofocus' || refers && elsewhere(value)) tell(`${name}=${value}`);
        }
    return found;
}"""


_USED = r"index\.html|aoi/(Hostile|constructor.*)/(index|graph|scenes|tiles|tiles/RETRY)\.html"


def foreign(page: "Page", root: str) -> list[str]:
    """What of the page came from the log and isn't text."""
    found: list[str] = page.evaluate(_FOREIGN, root)
    return found


def use_matrix(page: "Page") -> None:
    """Walks over the matrix, so that it tells what is there."""
    page.locator(".matrix-scroll").focus()
    for key in ("ArrowRight", "ArrowDown", "n", "p", "End", "Home"):
        page.keyboard.press(key)


def use_map(page: "Page") -> None:
    """Opens what each shape of the map tells."""
    shapes = page.locator("#map path.leaflet-interactive")
    for number in range(min(shapes.count(), 4)):
        shapes.nth(number).focus()
        page.keyboard.press("Enter")


def use_list(page: "Page") -> None:
    """Sorts by each column and looks for a text: the rows are made anew, by the script."""
    for header in page.locator("table.data th button").all():
        header.click()
    search = page.locator("input[type='search']:visible")
    if search.count():
        search.fill("pwned")
        page.locator(".shown").filter(has_text="found").or_(page.locator(".shown").filter(has_text="shown")).wait_for()


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_shows_the_log_as_text_and_nothing_else(kind: str, hostile: Site, visit: Visit) -> None:
    visits = visit(hostile, still=True)
    visits.show(WIDTHS[0], "light")
    wrong = []
    for path in hostile.chosen(kind):
        page = visits.open(path)
        wrong += [f"{path}: {what}" for what in foreign(page, visits.root) + visits.complaints()]
        needed = page.evaluate("document.scrollingElement.scrollWidth")
        if needed > WIDTHS[0]:
            wrong.append(f"{path}: {needed} px wide in {WIDTHS[0]} px")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", ["front", "AOI", "list", "graph"])
def test_what_scripts_build_of_the_log_is_text_too(kind: str, hostile: Site, visit: Visit) -> None:
    visits = visit(hostile)
    wrong = []
    for path in [path for path in hostile.chosen(kind) if re.fullmatch(_USED, path)]:
        page = visits.open(path)
        if kind == "AOI":
            use_matrix(page)
            use_map(page)
        elif kind in ("list", "front"):
            use_list(page)
        elif kind == "graph":
            page.locator("#graph-view").focus()
            page.keyboard.press("n")
        for one in page.locator("summary").all():
            one.click()
        wrong += [f"{path}: {what}" for what in foreign(page, visits.root) + visits.complaints()]
    assert not wrong, "\n".join(wrong)


def test_it_is_as_harmless_over_http(hostile: Site, visit: Visit) -> None:
    visits = visit(hostile, "http", still=True)
    wrong = []
    for kind in KINDS:
        for path in hostile.of_kind(kind)[:3]:
            page = visits.open(path)
            wrong += [f"{path}: {what}" for what in foreign(page, visits.root) + visits.complaints()]
    assert not wrong, "\n".join(wrong)


def test_the_texts_are_not_lost(hostile: Site, visit: Visit) -> None:
    """They are shown as they are, but for what can't be seen."""
    page = visit(hostile).open("aoi/Hostile/scenes.html")
    shown = page.locator("main").inner_text()
    for name in ("script", "handler", "svg", "dot", "template", "attribute", "prototype", "pattern"):
        assert PAYLOADS[name] in shown, name
