"""Every page, at a phone's and a desk's width, light and dark, from a folder and from a server."""

import pytest
from example_sites import KINDS, Site
from visits import Visit, ways


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_quiet_asks_only_the_site_and_never_scrolls_sideways(kind: str, sample: Site, visit: Visit) -> None:
    visits = visit(sample, still=True)
    wrong = []
    every = sample.chosen(kind)
    for place, path in enumerate(every):
        page = visits.open(path)
        for width, scheme in ways(place, len(every)):
            visits.show(width, scheme)
            needed = page.evaluate("document.scrollingElement.scrollWidth")
            if needed > width:
                wrong.append(f"{path}: {needed} px wide in {width} px, {scheme}")
        wrong += [f"{path}: {what}" for what in visits.complaints()]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_works_in_a_subfolder_of_a_server(kind: str, sample: Site, visit: Visit) -> None:
    visits = visit(sample, "http", still=True)
    wrong = []
    every = sample.chosen(kind)
    for path in sorted({*every[:2], *every[-1:]}):
        page = visits.open(path)
        page.locator("#built").filter(has_text="Built").wait_for()
        wrong += [f"{path}: {what}" for what in visits.complaints()]
    assert not wrong, "\n".join(wrong)


def test_every_page_is_of_a_kind_that_is_looked_at(sample: Site) -> None:
    """A new kind of page has to be added to KINDS."""
    assert sorted(path for kind in KINDS for path in sample.of_kind(kind)) == sample.pages
