"""The pages as HTML: without an error, closed to everything that isn't the site's own, every reference resolved."""

import re
from collections import Counter

import html5lib
import pytest
from example_sites import KINDS, Site
from html5lib.constants import E as EXPLAINED
from page_text import read, target

from pipeline.render.paths import url

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)
_REFERENCES = ("aria-labelledby", "aria-describedby", "aria-controls", "for", "aria-owns", "data-copy")
_LOADED = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import")


@pytest.fixture(params=["sample", "hostile"])
def site(request: pytest.FixtureRequest) -> Site:
    """Each of the sites."""
    found: Site = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_html_without_an_error(kind: str, site: Site) -> None:
    wrong = []
    for path in site.of_kind(kind):
        parser = html5lib.HTMLParser()
        parser.parse((site.folder / path).read_bytes())
        wrong += [f"{path}:{place[0]}: {EXPLAINED.get(code, code) % values}" for place, code, values in parser.errors]
    assert not wrong, "\n".join(sorted(set(wrong))[:20])


def test_an_error_would_be_found() -> None:
    parser = html5lib.HTMLParser()
    parser.parse('<!doctype html><html lang="en"><title>x</title><p>one</div><p id=a id=b>')
    assert {code for _, code, _ in parser.errors} == {"end-tag-too-early", "duplicate-attribute"}


def test_every_page_allows_only_the_sites_own_files(site: Site) -> None:
    """The policy stands first, but for the encoding: what comes before it, it wouldn't cover."""
    for path in site.pages:
        head = [one for one in read(site.folder / path).elements if one.name not in ("html", "head")][:2]
        assert head[0].attributes == {"charset": "utf-8"}, path
        assert head[1].attributes == {"http-equiv": "Content-Security-Policy", "content": POLICY}, path


def test_no_page_has_a_style_or_code_of_its_own(site: Site) -> None:
    for path in site.pages:
        for one in read(site.folder / path).elements:
            assert one.name not in ("style", "iframe", "object", "embed", "base", "form"), path
            assert not [name for name in one.attributes if name == "style" or name.startswith("on")], (path, one)
            if one.name == "script" and one.text:
                assert one.attributes.get("type") == "application/json", (path, one.attributes)


def test_every_link_leads_to_a_file_of_the_site_and_to_a_place_in_it(site: Site) -> None:
    pages = {path: read(site.folder / path) for path in site.pages}
    ids = {path: set(page.ids) for path, page in pages.items()}
    reached = {"index.html"}
    wrong = []
    for path, page in pages.items():
        for link in page.links:
            if link.startswith("data:image/"):
                continue
            file, fragment = target(path, link)
            reached.add(file)
            if not (site.folder / file).is_file():
                wrong.append(f"{path}: {link} isn't there")
            elif fragment and file in ids and "=" not in fragment and fragment not in ids[file]:
                wrong.append(f"{path}: {link} has no such place")
    assert not wrong, "\n".join(wrong[:20])
    assert not set(site.pages) - reached, "pages that no page links to"


def test_every_link_of_a_drawing_and_of_a_style_leads_to_a_file_of_the_site(site: Site) -> None:
    for file in [*site.folder.rglob("*.svg"), *site.folder.rglob("*.css")]:
        path = file.relative_to(site.folder).as_posix()
        for link in read(file).links if file.suffix == ".svg" else _LOADED.findall(file.read_text()):
            if not link.startswith(("data:image/", "#")):
                assert (site.folder / target(path, link)[0]).is_file(), (path, link)


def test_an_id_stands_once_and_what_refers_to_it_finds_it(site: Site) -> None:
    for path in site.pages:
        page = read(site.folder / path)
        assert [id for id, count in Counter(page.ids).items() if count > 1] == [], path
        wanted = {id for one in page.elements for name in _REFERENCES for id in one.attributes.get(name, "").split()}
        assert wanted <= set(page.ids), (path, wanted - set(page.ids))


def test_every_page_has_its_own_title_and_a_language(sample: Site) -> None:
    titles = Counter()
    for path in sample.pages:
        text = (sample.folder / path).read_text()
        assert '<html lang="en">' in text, path
        found = re.search(r"<title>(.+?)</title>", text)
        assert found, path
        titles[found[1]] += 1
        assert len(re.findall(r"<h1[ >]", text)) == 1, path
    assert [title for title, count in titles.items() if count > 1] == []


def test_links_of_the_sites_own_making_are_understood_here() -> None:
    path = "aoi/a%20%3Cb%3E/index.html"
    assert target("scene/1.html", url(f"{path}#tile-3", "scene/1.html")) == (path, "tile-3")
