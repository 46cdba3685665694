"""A build that goes on from the one before: of tables that say how, only the rows that can differ are made anew.

Their header line `renews` names what such rows are found by: `run_id`, of the runs that touched days can change, or
`day`, of the weeks that hold these. All other tables are small beside them and are made anew as a whole.
"""

import re
from collections.abc import Iterable

import duckdb

from queries import sqlfile

_SQL = sqlfile.FOLDER / "renew.sql"
_STATEMENTS: dict[str, str] = dict(
    re.findall(r"^-- name: (\w+)\n(.*?)(?=^-- name: |\Z)", _SQL.read_text("utf-8"), re.M | re.S)
)
_TOUCHED = {"run_id": "run", "day": "week"}
_NEAR = {
    "run_id": "run_id in (from touched.run)",
    # cheaper than the day in the reporting time zone, and at most a day off
    "day": "cast(created_at as date) in (from touched.near)",
}


class Renewal:
    """What is touched, found by comparing staging with what the build before was made from.

    The connection sees `warehouse`, and `model`, a copy of that build, from which this drops what will be made anew.
    Bodies of SQL files run in a database of their own, `workbench`, where the tables that they read show the rows that
    matter and no others.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        con.execute("attach ':memory:' as workbench")
        con.execute("use workbench")
        con.execute((sqlfile.FOLDER / "macros.sql").read_text("utf-8"))
        for schema in ("staging", "settings", "facts"):
            con.execute(f"create schema {schema}")
        con.execute(_STATEMENTS["days"])
        con.execute("use model")
        con.execute("drop schema settings cascade")
        con.execute("drop schema meta cascade")
        kept = {file.table for schema in ("facts", "marts") for file in sqlfile.folder(schema).values() if _by(file)}
        for schema, table in con.sql(
            "select schema_name, table_name from duckdb_tables() where database_name = 'model'"
        ).fetchall():
            if f"{schema}.{table}" not in kept:
                con.execute(f"drop table {schema}.{table}")

    def renew(self, file: sqlfile.SqlFile) -> bool:
        """Replaces the rows of a table that can differ; False where the table says no way to find them."""
        by = _by(file)
        if not by:
            return False
        self._con.execute("use workbench")
        if file.table == "facts.ci_run":
            self._con.execute(_STATEMENTS["runs"])
        self._show(file.listed("reads"), _NEAR[by])
        touched = f"{by} in (select {by} from touched.{_TOUCHED[by]})"
        self._con.execute(f"delete from model.{file.table} where {touched}")
        self._con.execute(f"insert into model.{file.table} from ({file.body}) where {touched}")
        if file.table == "facts.ci_run":
            self._con.execute(_STATEMENTS["weeks"])
        self._con.execute("use model")
        return True

    def _show(self, tables: Iterable[str], near: str) -> None:
        """Lays tables of the model on the workbench, of the runs only those that matter."""
        for table in tables:
            if not table.startswith("staging."):
                only = f" where {near}" if table == "facts.ci_run" else ""
                self._con.execute(f"create or replace view {table} as from model.{table}{only}")


def _by(file: sqlfile.SqlFile) -> str:
    return file.header.get("renews", "")
