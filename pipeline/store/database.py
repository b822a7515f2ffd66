"""Opens the cache: makes it when it isn't there, makes it anew when it is of another version or broken."""

import errno
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import msgspec

from pipeline.bundle import TextDamaged
from pipeline.store.lock import StoreHeld

SCHEMA_VERSION = f"8 {duckdb.__version__}"
"""With another DuckDB, too, the cache is made anew: what `hash` gives may be something else."""
_Row = TypeVar("_Row")
_ROWS_AT_ONCE = 20_000
_ANY_LINE_BYTES = 1024 * 1024
_encoder = msgspec.json.Encoder()


def batched(rows: Iterable[_Row], size: int) -> Iterator[list[_Row]]:
    """The rows in lists of at most so many."""
    remaining = iter(rows)
    while some := list(islice(remaining, size)):
        yield some


class StoreBroken(Exception):
    """The cache answered with an error. It can be moved aside: everything in it comes from the log."""


def json_lines(files: Sequence[Path], columns: Mapping[str, str]) -> str:
    """In a statement, what files of JSON Lines hold that are its parameter: these columns, by name, with their types.

    DuckDB sets twice the longest line aside before it reads: as that is taken what would do for the largest file.
    """
    described = ", ".join(f"'{name}': '{type}'" for name, type in columns.items())
    longest = max(_ANY_LINE_BYTES, *(file.stat().st_size for file in files))
    return f"read_json(?, format = 'newline_delimited', maximum_object_size = {longest}, columns = {{{described}}})"


class Database:
    """A connection to the cache; the other modules of this package give it its meaning."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.connection.execute(sql, list(parameters)).fetchall()

    def stream(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, some thousands at a time. The connection has to be left alone meanwhile."""
        cursor = self.connection.execute(sql, list(parameters))
        while rows := cursor.fetchmany(10_000):
            yield from rows

    def run(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Runs a statement whose result isn't needed."""
        self.connection.execute(sql, list(parameters))

    def append(self, table: str, rows: Iterable[Sequence[object]]) -> None:
        """Appends some rows to a table, in the order of its columns."""
        some = list(rows)
        if not some:  # even of nothing an appender makes a transaction's work
            return
        appender = self.connection.appender(table)
        appender.append_rows(some)
        appender.flush()

    def load(self, table: str, rows: Iterable[msgspec.Struct], scratch: Path) -> None:
        """Appends many rows to a table: structures whose fields are its columns, in any order.

        They go by way of a file of JSON Lines in `scratch`, which DuckDB reads several times as fast as it takes single
        values. Raises OSError if there is no room for it.
        """
        with tempfile.NamedTemporaryFile(suffix=".jsonl", dir=scratch) as file:
            try:
                for some in batched(rows, _ROWS_AT_ONCE):
                    file.write(_encoder.encode_lines(some))
                file.flush()
            except OSError as error:
                raise OSError(error.errno, error.strerror, file.name) from error
            if not file.tell():
                return
            columns = self.rows("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ?", [table])
            self.run(
                f"""
                INSERT INTO {table} BY NAME SELECT * FROM read_json(
                    ?, format = 'newline_delimited', maximum_object_size = 100000000,
                    columns = {{{", ".join(f"'{name}': '{type}'" for name, type in columns)}}}
                )
                """,
                [file.name],
            )

    def load_files(self, table: str, files: Sequence[Path], columns: Mapping[str, str], select: str) -> None:
        """Appends many rows to a table from files of JSON Lines.

        `columns` are those of the lines, by name, with their types; `select` makes of them those of the table.
        """
        full = [str(file) for file in files if file.stat().st_size]
        if full:
            self.run(f"INSERT INTO {table} SELECT {select} FROM {json_lines(files, columns)}", [full])

    def keep(self, table: str, rows: Sequence[Sequence[object]], columns: str) -> None:
        """Makes a temporary table of these columns with these rows, to join with."""
        self.run(f"CREATE OR REPLACE TEMP TABLE {table} ({columns})")
        if rows:
            self.append(table, rows)

    def value(self, key: str) -> str | None:
        """A value of the table `meta`."""
        found = self.rows("SELECT value FROM meta WHERE key = ?", [key])
        return None if not found else str(found[0][0])

    def set_value(self, key: str, value: str) -> None:
        self.run("DELETE FROM meta WHERE key = ?", [key])
        self.run("INSERT INTO meta VALUES (?, ?)", [key, value])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block's changes, or none."""
        self.run("BEGIN")
        try:
            yield
        except BaseException:
            with suppress(duckdb.Error):  # the first error tells more
                self.run("ROLLBACK")
            raise
        self.run("COMMIT")

    def close(self) -> None:
        self.connection.close()


@contextmanager
def open_database(
    path: Path, *, read_only: bool = False, memory_bytes: int | None = None, bare: bool = False
) -> Iterator[Database]:
    """Opens the cache at `path`; `:memory:` for one that isn't kept. With `memory_bytes` DuckDB takes no more.

    A `bare` one gets no tables: it is for questions to files.

    Raises StoreBroken if what it holds is to blame, OSError if the disk or the system is (no space, no permission, no
    memory: the cache itself is as good as before), StoreHeld if another program has it open.
    """
    try:
        limits: dict[str, Any] = {} if memory_bytes is None else {"memory_limit": f"{memory_bytes}B", "threads": 1}
        connection = duckdb.connect(str(path), read_only=read_only, config=limits)
    except duckdb.Error as error:
        raise _in_own_words(error, path) from error
    database = Database(connection)
    try:
        if not (read_only or bare):
            _ensure_schema(database)
        yield database
    except duckdb.Error as error:
        raise _in_own_words(error, path) from error
    except TextDamaged as error:
        raise StoreBroken(str(error)) from error
    except RuntimeError as error:
        if str(error) != "Query interrupted":
            raise
        raise KeyboardInterrupt from error  # so DuckDB says that Ctrl-C was pressed
    finally:
        with suppress(duckdb.Error):  # a broken cache can't be closed in order; it is moved aside
            database.close()


def _ensure_schema(database: Database) -> None:
    tables = _names(database, "SELECT table_name FROM duckdb_tables() WHERE NOT temporary")
    if tables:
        if "meta" in tables and database.value("schema") == SCHEMA_VERSION:
            return
        for view in _names(database, "SELECT view_name FROM duckdb_views() WHERE NOT internal AND NOT temporary"):
            database.run(f"DROP VIEW {_quoted(view)}")
        for table in tables:
            database.run(f"DROP TABLE {_quoted(table)}")
    schema = files("pipeline.store").joinpath("schema.sql").read_text(encoding="utf-8")
    with database.transaction():
        database.run(schema)
        database.set_value("schema", SCHEMA_VERSION)


_NOT_ITS_FAULT = {
    os.strerror(code): code
    for code in (
        errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOMEM,
    )
}  # fmt: skip
"""What the system says when a file can't be written or opened though nothing is wrong with what it holds."""


def _in_own_words(error: duckdb.Error, path: Path) -> Exception:
    said = _first_line(error)
    if "Could not set lock on file" in said:
        return StoreHeld(f"another program has the store open: {said}")
    if isinstance(error, duckdb.OutOfMemoryException):
        return OSError(errno.ENOMEM, said, str(path))
    for words, code in _NOT_ITS_FAULT.items():
        if words in said:
            return OSError(code, words, str(path))
    return StoreBroken(said)


def _names(database: Database, sql: str) -> list[str]:
    return sorted(str(row[0]) for row in database.rows(sql))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _first_line(error: duckdb.Error) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def move_aside(path: Path) -> Path:
    """Moves a broken cache and its write-ahead log out of the way; the next open makes a new one."""
    aside = path.with_name(path.name + ".broken")
    path.replace(aside)
    wal = path.with_name(path.name + ".wal")
    if wal.exists():
        wal.replace(path.with_name(path.name + ".broken.wal"))
    return aside
