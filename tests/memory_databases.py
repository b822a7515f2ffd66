"""Databases in memory that are soon there: each is a new one, but the program behind them is started once."""

import itertools
from collections.abc import Callable
from typing import Any

import duckdb


class MemoryDatabases:
    """Gives out connections as `duckdb.connect` does. Of those it has started, each holds one database at a time."""

    def __init__(self, connect: Callable[..., duckdb.DuckDBPyConnection]) -> None:
        self._connect = connect
        self._idle: list[duckdb.DuckDBPyConnection] = []
        self._numbers = itertools.count(1)

    def connect(self, *named: str, **options: Any) -> Any:
        """A new and empty database in memory, if one is asked for without further wishes; any other as ever."""
        if named != (":memory:",) or any(options.values()):
            return self._connect(*named, **options)
        started = self._idle.pop() if self._idle else self._connect(":memory:")
        return _OneDatabase(started, f"tests{next(self._numbers)}", self._idle.append)


class _OneDatabase:
    """A connection to a database of that name, which is gone when it is closed."""

    def __init__(
        self, started: duckdb.DuckDBPyConnection, name: str, give_back: Callable[[duckdb.DuckDBPyConnection], None]
    ) -> None:
        self._started, self._name, self._give_back = started, name, give_back
        self._own = started.cursor()
        self._own.execute(f"ATTACH ':memory:' AS {name}")
        self._own.execute(f"USE {name}")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)

    def close(self) -> None:
        self._own.close()
        self._started.execute(f"DETACH {self._name}")
        self._give_back(self._started)
