"""Which sections of an AOI's files are out of date: a unit whose fingerprint holds that of each of them."""

from collections.abc import Iterable

import msgspec

from pipeline.render.section import Section


class Stamps(msgspec.Struct, frozen=True):
    """The edition of the program that made the sections, and the fingerprint of each by name."""

    edition: str
    sections: dict[str, str]

    @classmethod
    def of(cls, sections: Iterable[Section], edition: str) -> "Stamps":
        """Those of sections that are made now."""
        return cls(edition, {section.name: section.fingerprint for section in sections})

    def encoded(self) -> str:
        """As it is put on record."""
        return msgspec.json.encode(self).decode()

    def outdated(self, on_record: str | None) -> set[str]:
        """The names of those that are new, or not as on record; all of them if there is nothing of use on record."""
        try:
            before = msgspec.json.decode(on_record or "", type=Stamps)
        except msgspec.DecodeError:
            return set(self.sections)
        if before.edition != self.edition:
            return set(self.sections)
        return {name for name, stamp in self.sections.items() if before.sections.get(name) != stamp}
