"""Links of the project's pages lead somewhere, and every page is led to."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from doc_pages import PAGES, ROOT, anchors, links

INDEX = ROOT / "docs" / "README.md"


def target(page: Path, link: str) -> tuple[Path, str]:
    """The file that a relative link leads to, and the place on it."""
    parts = urlsplit(link)
    return (page.parent / unquote(parts.path)).resolve() if parts.path else page, unquote(parts.fragment)


def trouble(page: Path, link: str) -> str:
    """What is wrong with a link; nothing if it leads somewhere, or out of the project."""
    if urlsplit(link).scheme in ("https", "http"):
        return ""
    file, place = target(page, link)
    if not file.is_relative_to(ROOT) or not file.exists():
        return f"{link}: there is no such file"
    if place and (file.suffix != ".md" or place not in anchors(file)):
        return f"{link}: there is no such heading"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_relative_links_lead_to_files_and_headings(page: Path) -> None:
    assert [found for link in links(page) if (found := trouble(page, link))] == []


def test_links_that_lead_nowhere_are_found(tmp_path: Path) -> None:
    readme = ROOT / "README.md"
    assert trouble(readme, "docs/semantics.md#operator-commands") == ""
    assert "file" in trouble(readme, "docs/nothing.md")
    assert "file" in trouble(readme, "../" * len(ROOT.parts) + "etc/passwd")
    assert "heading" in trouble(readme, "docs/semantics.md#nothing")


def test_the_index_leads_to_every_page_of_the_docs() -> None:
    led_to = {target(INDEX, link)[0] for link in links(INDEX)}
    assert [page for page in PAGES if page.is_relative_to(ROOT / "docs") and page not in {*led_to, INDEX}] == []


def test_the_readme_leads_to_the_index() -> None:
    readme = ROOT / "README.md"
    assert INDEX in {target(readme, link)[0] for link in links(readme)}
