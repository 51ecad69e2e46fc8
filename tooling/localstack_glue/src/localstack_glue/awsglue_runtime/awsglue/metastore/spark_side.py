"""Changes and reads Spark's in-memory catalog from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from awsglue.catalog import NULL_PARTITION
from awsglue.json_tables import ddl, literal, quoted
from awsglue.metastore.definitions import SparkTable
from awsglue.spark_versions import build_java_frame

HIDDEN = "glue_files"  # the database of the lines behind Hive's text tables
_BATCH = 100
_PLAIN = str.maketrans("", "", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


class SparkSide:
    """One session's view of the catalog, which all sessions of a process share."""

    def __init__(self, session: SparkSession, sql: Any) -> None:
        self.session = session
        self._sql = sql
        self._jvm: Any = session._jvm
        self._catalog = session._jsparkSession.sessionState().catalog()
        self._external = session._jsparkSession.sharedState().externalCatalog()

    def sql(self, text: str) -> DataFrame:
        """Run a statement in Spark alone."""
        frame: DataFrame = self._sql(self.session, text)
        return frame

    def current_database(self) -> str:
        """The database of unqualified names."""
        return str(self._catalog.getCurrentDatabase())

    # ------------------------------------------------------------------ databases

    def databases(self) -> set[str]:
        """The names of all databases."""
        return set(self._listed(self._external.listDatabases()))

    def put_database(self, name: str, location: str, comment: str, properties: Mapping[str, str]) -> None:
        """Create or change a database. No folder is created at its location."""
        if not self._external.databaseExists(name):
            self._external.createDatabase(self._database(name, self._nowhere(name), "", {}), True)
        self._external.alterDatabase(self._database(name, location or self._nowhere(name), comment, properties))

    def forget_database(self, name: str) -> None:
        """Remove a database with its tables. Their files stay."""
        self.shield(name)
        self._external.dropDatabase(name, True, True)

    def shield(self, name: str) -> None:
        """Give a database a location that does not exist: Spark deletes the folder of a dropped database."""
        if self._external.databaseExists(name):
            self._external.alterDatabase(self._database(name, self._nowhere(name), "", {}))

    def database(self, name: str) -> tuple[str, str, dict[str, str]] | None:
        """A database's location, comment and properties; None if there is none."""
        if not self._external.databaseExists(name):
            return None
        found = self._external.getDatabase(name)
        location = str(found.locationUri().toString())
        return location, str(found.description()), self._dict(found.properties())

    def is_nowhere(self, name: str, location: str) -> bool:
        """Whether a location is the placeholder for none."""
        return location.rstrip("/").endswith(self._nowhere(name).rstrip("/"))

    def _nowhere(self, name: str) -> str:
        warehouse = str(self.session.conf.get("spark.sql.warehouse.dir")).removeprefix("file:")
        return str(Path(warehouse) / ".databases" / name)

    def _database(self, name: str, location: str, comment: str, properties: Mapping[str, str]) -> Any:
        uri = self._jvm.org.apache.hadoop.fs.Path(location).toUri()
        stored = self._jvm.PythonUtils.toScalaMap(dict(properties))
        return self._jvm.org.apache.spark.sql.catalyst.catalog.CatalogDatabase(name, comment, uri, stored)

    # ------------------------------------------------------------------ tables

    def exists(self, database: str, name: str) -> bool:
        """Whether a table or view exists."""
        return bool(self._external.databaseExists(database)) and bool(self._external.tableExists(database, name))

    def tables(self, database: str) -> set[str]:
        """The names of a database's tables and views."""
        return set(self._listed(self._external.listTables(database)))

    def forget(self, database: str, name: str) -> None:
        """Remove a table or view. Its files stay, because no table is managed by Spark."""
        if self.exists(database, name):
            self.refresh(database, name)
            self._external.dropTable(database, name, True, True)

    def refresh(self, database: str, name: str) -> None:
        """Make Spark list a table's files again."""
        self._catalog.refreshTable(self._identifier(database, name))

    def put_table(
        self,
        place: tuple[str, str],
        schema: T.StructType,
        provider: str,
        keys: Sequence[str],
        location: str,
        options: Mapping[str, str],
        properties: Mapping[str, str],
    ) -> None:
        """Create a table over existing files."""
        columns = ", ".join(_column(field) for field in schema.fields)
        clauses = [f"({columns})" if columns else "", f"USING {provider}"]
        if options:
            clauses.append(f"OPTIONS ({_pairs(options)})")
        if keys:
            clauses.append(f"PARTITIONED BY ({', '.join(map(quoted, keys))})")
        clauses.append(f"LOCATION {literal(location)}")
        if properties:
            clauses.append(f"TBLPROPERTIES ({_pairs(properties)})")
        self._put(place, lambda name: f"CREATE TABLE {name} {' '.join(clauses)}")

    def put_view(self, place: tuple[str, str], query: str) -> None:
        """Create a view."""
        self._put(place, lambda name: f"CREATE VIEW {name} AS {query}")

    def _put(self, place: tuple[str, str], text: Any) -> None:
        database, name = place
        self.forget(database, name)
        if not name.translate(_PLAIN):
            self.sql(text(f"{quoted(database)}.{quoted(name)}"))
            self.refresh(database, name)  # a table of that name may have been dropped with its database
            return
        # Spark reads tables with other characters in their names, but does not create them
        self.forget(HIDDEN, "renamed")
        self.sql(text(f"{HIDDEN}.renamed"))
        template = self._external.getTable(HIDDEN, "renamed")
        rest = [getattr(template, f"copy$default${number}")() for number in range(2, template.productArity() + 1)]
        self._external.createTable(template.copy(self._identifier(database, name), *rest), True)
        self.forget(HIDDEN, "renamed")

    def table(self, database: str, name: str) -> SparkTable:
        """Spark's description of a table or view."""
        found = self._external.getTable(database, name)
        schema = T._parse_datatype_json_string(found.schema().json())
        assert isinstance(schema, T.StructType)  # noqa: S101 - a table's schema is a struct
        location = found.storage().locationUri()
        options = self._dict(found.storage().properties())
        return SparkTable(
            name=name,
            schema=schema,
            provider=str(found.provider().get()) if found.provider().isDefined() else None,
            partition_names=tuple(self._listed(found.partitionColumnNames())),
            location=str(location.get().toString()) if location.isDefined() else None,
            properties=self._dict(found.properties()),
            options={key: value for key, value in options.items() if key not in {"path", "serialization.format"}},
            view_text=str(found.viewText().get()) if found.viewText().isDefined() else None,
            comment=str(found.comment().get()) if found.comment().isDefined() else None,
        )

    # ------------------------------------------------------------------ partitions

    def partitions(self, database: str, name: str, keys: Sequence[str]) -> dict[tuple[str, ...], str]:
        """The locations of a table's partitions, by their values."""
        nothing = self._jvm.scala.Option.empty()
        found = self._external.listPartitions(database, name, nothing)
        partitions = {}
        for number in range(found.size()):
            partition = found.apply(number)
            spec = self._dict(partition.spec())
            values = tuple(spec[key] if spec.get(key) is not None else NULL_PARTITION for key in keys)
            partitions[values] = str(partition.storage().locationUri().get().toString())
        return partitions

    def add_partitions(
        self, database: str, name: str, keys: Sequence[str], partitions: Mapping[tuple[str, ...], str]
    ) -> None:
        """Add partitions."""
        self._alter(
            database,
            name,
            "ADD IF NOT EXISTS",
            [f"PARTITION ({_spec(keys, values)}) LOCATION {literal(place)}" for values, place in partitions.items()],
            " ",
        )

    def drop_partitions(self, database: str, name: str, keys: Sequence[str], values: Sequence[tuple[str, ...]]) -> None:
        """Remove partitions. Their files stay."""
        self._alter(database, name, "DROP IF EXISTS", [f"PARTITION ({_spec(keys, one)})" for one in values], ", ")

    def _alter(self, database: str, name: str, verb: str, parts: Sequence[str], separator: str) -> None:
        for start in range(0, len(parts), _BATCH):
            batch = separator.join(parts[start : start + _BATCH])
            self.sql(f"ALTER TABLE {quoted(database)}.{quoted(name)} {verb} {batch}")

    # ------------------------------------------------------------------ Scala objects

    def plan(self, text: str) -> Any:
        """The plan that Spark's parser makes of a statement."""
        return self.session._jsparkSession.sessionState().sqlParser().parsePlan(text)

    def run_query(self, plan: Any) -> DataFrame:
        """Run a query's plan."""
        return DataFrame(build_java_frame(self._jvm, self.session._jsparkSession, plan), self.session)

    def dictionary(self, scala_map: Any) -> dict[str, str]:
        """Convert a Scala map."""
        return self._dict(scala_map)

    def _identifier(self, database: str, name: str) -> Any:
        option = self._jvm.scala.Option.apply(database)
        return self._jvm.org.apache.spark.sql.catalyst.TableIdentifier(name, option)

    def _listed(self, sequence: Any) -> list[str]:
        return [str(sequence.apply(number)) for number in range(sequence.size())]

    def _dict(self, scala_map: Any) -> dict[str, str]:
        converted = self._jvm.scala.collection.JavaConverters.mapAsJavaMapConverter(scala_map).asJava()
        return {str(key): value for key, value in dict(converted).items()}


def _column(field: T.StructField) -> str:
    comment = f" COMMENT {literal(field.metadata['comment'])}" if "comment" in field.metadata else ""
    return f"{quoted(field.name)} {ddl(field.dataType)}{comment}"


def _pairs(pairs: Mapping[str, str]) -> str:
    return ", ".join(f"{literal(name)} = {literal(value)}" for name, value in pairs.items())


def _spec(keys: Sequence[str], values: Sequence[str]) -> str:
    return ", ".join(f"{quoted(key)} = {literal(value)}" for key, value in zip(keys, values, strict=True))
