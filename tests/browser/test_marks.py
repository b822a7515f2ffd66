"""A status is told by its shape and its word; colour only helps. Here nothing of the colours is looked at."""

from example_sites import Site
from visits import Visit

from pipeline.event import STATUSES

WORST = "aoi/BurstStackD37/index.html"

_MARKS = """marks => marks.map(mark => {
    const style = getComputedStyle(mark, '::before');
    const shape = [style.clipPath, style.borderTopWidth, style.borderTopLeftRadius, style.backgroundImage !== 'none'];
    return [mark.textContent.trim(), JSON.stringify(shape)];
})"""
_PARTS = """parts => parts.map(part => {
    const style = getComputedStyle(part);
    return [part.getAttribute('class'), JSON.stringify([style.y, style.height, style.stroke !== 'none'])];
})"""
_DRAWN = """paths => paths.map(path => [
    path.getAttribute('class'),
    JSON.stringify(['stroke-width', 'transform', 'stroke'].map(name => path.getAttribute(name))),
])"""


def test_a_mark_has_a_shape_of_its_own_for_each_status(sample: Site, visit: Visit) -> None:
    page = visit(sample).open("index.html")
    shapes = dict(page.locator(".legend .status").evaluate_all(_MARKS))
    assert list(shapes) == list(STATUSES)
    assert len(set(shapes.values())) == len(STATUSES)


def test_every_mark_says_its_status_in_a_word(sample: Site, visit: Visit) -> None:
    visits = visit(sample)
    for path in ("index.html", WORST, "events/index.html", "aoi/BurstStackD37/tiles/FAILED.html"):
        words = visits.open(path).locator(".status").all_text_contents()
        assert {word.strip() for word in words} <= {*STATUSES, "REJECTED"}, path


def test_the_parts_of_a_bar_differ_in_height(sample: Site, visit: Visit) -> None:
    page = visit(sample).open("index.html")
    parts = page.locator(".bar rect").evaluate_all(_PARTS)
    shapes = dict(map(tuple, parts))
    assert set(shapes) == {status[0].lower() for status in STATUSES}
    assert len(set(shapes.values())) == len(STATUSES)


def test_a_cell_of_the_matrix_has_a_shape_of_its_own(sample: Site, visit: Visit) -> None:
    page = visit(sample).open(WORST)
    cells = page.locator(".matrix-legend path").evaluate_all(_DRAWN)
    names = [name for name, _ in cells]
    assert names == [*(status.lower() for status in STATUSES), "absent"]
    assert len({shape for _, shape in cells}) == len(names)


def test_a_place_on_the_map_has_a_sign_for_its_status(sample: Site, visit: Visit) -> None:
    page = visit(sample, java_script_enabled=False).open(WORST)
    signs = page.locator(".map-still .tag").evaluate_all(
        "tags => tags.map(tag => [tag.classList[1], tag.querySelector('path').getAttribute('d')])"
    )
    assert len({status for status, _ in signs}) > 1
    assert len({status for status, _ in signs}) == len({sign for _, sign in signs})
