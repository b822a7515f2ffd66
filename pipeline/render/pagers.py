"""Which pages of a list a page links to: of thousands not all, or the links would weigh more than the list."""

_NEAR = 4


def linked_pages(number: int, pages: int) -> list[int]:
    """The first page, the last, and those near this one; from 1, ascending."""
    near = range(max(1, number - _NEAR), min(pages, number + _NEAR) + 1)
    return sorted({1, pages, *near})
