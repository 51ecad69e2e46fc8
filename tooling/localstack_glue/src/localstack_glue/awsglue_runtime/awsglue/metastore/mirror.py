"""Copies of Data Catalog tables in Spark's catalog, made when a statement names them and kept up to date."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, auto
from typing import Any

from pyspark.sql import types as T

from awsglue import listing
from awsglue.catalog import Catalog, Partition, Table, parse_table
from awsglue.errors import unsupported
from awsglue.metastore import statements, text_tables
from awsglue.metastore.definitions import PROVIDER, catalog_schema, visible
from awsglue.metastore.spark_side import HIDDEN, SparkSide

Place = tuple[str, str]
PRESTO = "/* Presto View"
_TEXT = {"csv", "json"}
_FEW = 5  # up to this number, tables are requested one by one


class Form(Enum):
    """How a table is represented in Spark's catalog."""

    READ = auto()  # Hive's text tables as a view over lines
    WRITE = auto()  # as a table that Spark can write to and describe


class Mirror:
    """The Data Catalog's side of Spark's catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._known: dict[Place, tuple[Form, str]] = {}
        self._databases: dict[str, Mapping[str, Any]] = {}
        self._warned: set[Place] = set()
        self._as_lines: set[Place] = set()  # text tables that were read: views of the session may name them

    # ------------------------------------------------------------------ databases

    def databases(self, spark: SparkSide) -> dict[str, Mapping[str, Any]]:
        """Copy all databases of Glue to Spark, and return them."""
        found = {}
        for page in self.catalog.client.get_paginator("get_databases").paginate():
            found.update({database["Name"]: database for database in page["DatabaseList"]})
        for name in self._databases.keys() - found.keys() - {"default"}:
            spark.forget_database(name)
            self._known = {place: known for place, known in self._known.items() if place[0] != name}
        for name, database in found.items():
            if self._databases.get(name) != database:
                location, comment = database.get("LocationUri") or "", database.get("Description") or ""
                spark.put_database(name, location, comment, database.get("Parameters") or {})
        if HIDDEN not in spark.databases():
            spark.put_database(HIDDEN, "", "", {})
        self._databases = found
        return found

    def forget_database(self, name: str) -> bool:
        """Forget a database, which is copied again if it still exists. Returns whether Glue had it."""
        self._known = {place: known for place, known in self._known.items() if place[0] != name}
        return self._databases.pop(name, None) is not None

    def location_for(self, database: str, table: str) -> str:
        """The default location of a table in a database.

        Raises:
            ValueError: neither the database nor the table has a location.
        """
        location = str((self._databases.get(database) or {}).get("LocationUri") or "")
        if not location:
            problem = f"Can not create a Path from an empty string: the database {database} has no location"
            raise ValueError(f"java.lang.IllegalArgumentException: {problem}; set one, or set a path for the table")
        return f"{location.rstrip('/')}/{table}"

    # ------------------------------------------------------------------ tables

    def raw(self, place: Place) -> Mapping[str, Any] | None:
        """A table's definition, or None if there is none."""
        try:
            answer = self.catalog.client.get_table(DatabaseName=place[0], Name=place[1])
        except self.catalog.client.exceptions.EntityNotFoundException:
            return None
        raw: Mapping[str, Any] = answer["Table"]
        return raw

    def existing(self, places: Sequence[Place]) -> list[Place]:
        """The names that are tables of Glue."""
        found = []
        for database in dict.fromkeys(place[0] for place in places if place[0] in self._databases):
            wanted = dict.fromkeys(place for place in places if place[0] == database)
            if len(wanted) <= _FEW:
                found += [place for place in wanted if self.raw(place) is not None or place in self._known]
                continue
            names = {raw["Name"] for raw in self._tables(database)}
            found += [place for place in wanted if place[1] in names or place in self._known]
        return found

    def _tables(self, database: str) -> Iterator[Mapping[str, Any]]:
        for page in self.catalog.client.get_paginator("get_tables").paginate(DatabaseName=database):
            yield from page["TableList"]

    def put_all(self, spark: SparkSide, database: str) -> None:
        """Copy all tables of a database to Spark, at least by name."""
        names = set()
        for raw in self._tables(database):
            names.add(raw["Name"])
            if not spark.exists(database, raw["Name"]):
                only_named = T.StructType([T.StructField("a", T.StringType())])
                spark.put_table((database, raw["Name"]), only_named, "parquet", (), "/nowhere", {}, {})
                self._known[(database, raw["Name"])] = (Form.WRITE, "")
        for name in spark.tables(database) - names:
            spark.forget(database, name)
            self._known.pop((database, name), None)

    def put(self, spark: SparkSide, place: Place, form: Form) -> Mapping[str, Any] | None:
        """Copy a table from Glue to Spark. Returns None if Glue does not have it."""
        raw = self.raw(place)
        if raw is None:
            if self._known.pop(place, None) is not None:
                spark.forget(*place)
            return None
        if raw.get("TableType") == "VIRTUAL_VIEW":
            self._put_view(spark, place, raw)
            return raw
        _check_readable(place, raw)
        self._put_table(spark, place, raw, form)
        return raw

    def _put_view(self, spark: SparkSide, place: Place, raw: Mapping[str, Any]) -> None:
        text = str(raw.get("ViewExpandedText") or raw.get("ViewOriginalText") or "")
        if not text or text.startswith(PRESTO):
            unsupported(f"the view {'.'.join(place)}, which is Athena's", "Spark cannot read it on AWS either")
        parameters = raw.get("Parameters") or {}
        database = parameters.get("view.catalogAndNamespace.part.1") or place[0]
        for name in statements.parse(text).names:
            inner = name.within(database)
            if inner[0] in self._databases and inner != place:
                self.put(spark, inner, Form.READ)
        mark = json.dumps([text, database])
        if self._known.get(place) == (Form.READ, mark) and spark.exists(*place):
            return
        current = spark.current_database()
        spark.sql(f"USE `{database}`")
        try:
            spark.put_view(place, text)
        finally:
            spark.sql(f"USE `{current}`")
        self._known[place] = (Form.READ, mark)

    def _put_table(self, spark: SparkSide, place: Place, raw: Mapping[str, Any], form: Form) -> None:
        parameters = raw.get("Parameters") or {}
        is_text = PROVIDER not in parameters and parse_table(place[0], raw).format in _TEXT
        form = form if is_text else Form.WRITE
        keys = [key["Name"].lower() for key in raw.get("PartitionKeys") or []]
        stored = [raw.get("StorageDescriptor"), raw.get("PartitionKeys"), parameters]
        if form is Form.READ:
            self._as_lines.add(place)
            lines = self._put_lines(spark, place, raw, keys)
            mark = json.dumps([*stored, self._files(spark, place, raw)], default=str)
            self._warn_of_header(place, parameters)
        else:
            lines, mark = None, json.dumps(stored, default=str)
        if self._known.get(place) == (form, mark) and spark.exists(*place):
            spark.refresh(*place)
        else:
            schema = catalog_schema(raw)
            if lines is not None:
                columns = T.StructType([field for field in schema.fields if field.name.lower() not in keys])
                table = parse_table(place[0], raw)
                spark.put_view(place, text_tables.query(spark.session, table, columns, lines, keys))
            else:
                provider, options = _provider(place, raw)
                location = raw["StorageDescriptor"]["Location"]
                names = [field.name for field in schema.fields if field.name.lower() in keys]
                spark.put_table(place, schema, provider, names, location, options, visible(parameters))
            self._known[place] = (form, mark)
        if keys and form is Form.WRITE:
            self._follow_partitions(spark, place, place, raw, keys)

    def _put_lines(self, spark: SparkSide, place: Place, raw: Mapping[str, Any], keys: list[str]) -> str:
        """Create the table of lines behind a text table, and return its name."""
        hidden = (HIDDEN, f"{'__'.join(place)}".replace("-", "_"))
        storage, types = raw["StorageDescriptor"], raw.get("PartitionKeys") or []
        mark = json.dumps([storage["Location"], types])
        if self._known.get(hidden) != (Form.WRITE, mark):
            columns = [T.StructField("__json", T.StringType())]
            partition_fields = catalog_schema({"StorageDescriptor": {}, "PartitionKeys": types}).fields
            schema = T.StructType([*columns, *partition_fields])
            options = {} if keys else {"recursiveFileLookup": "true"}
            spark.put_table(hidden, schema, "text", keys, storage["Location"], options, {})
            self._known[hidden] = (Form.WRITE, mark)
        else:
            spark.refresh(*hidden)
        if keys:
            self._follow_partitions(spark, place, hidden, raw, keys)
        return f"{HIDDEN}.`{hidden[1]}`"

    def _files(self, spark: SparkSide, place: Place, raw: Mapping[str, Any]) -> Any:
        """The state of a JSON table's files, on which its view depends: its keys are found in them."""
        if parse_table(place[0], raw).format != "json":
            return None
        folders = {raw["StorageDescriptor"]["Location"]}
        if raw.get("PartitionKeys"):
            folders |= set(self.partitions(place).values())
        found = listing.files_below(spark.session, sorted(folders))
        return [(file.path, file.modified_ms, file.size) for file in found]

    def _follow_partitions(
        self, spark: SparkSide, place: Place, shown: Place, raw: Mapping[str, Any], keys: list[str]
    ) -> None:
        wanted = self.partitions(place)
        names = list(spark.table(*shown).partition_names)
        there = spark.partitions(*shown, names)
        spark.drop_partitions(*shown, names, [values for values in there if values not in wanted])
        missing = {values: location for values, location in wanted.items() if values not in there}
        spark.add_partitions(*shown, names, missing)

    def partitions(self, place: Place) -> dict[tuple[str, ...], str]:
        """The locations of a table's partitions in Glue, by their values."""
        request = {"DatabaseName": place[0], "TableName": place[1]}
        found = {}
        for page in self.catalog.client.get_paginator("get_partitions").paginate(**request):
            for partition in page["Partitions"]:
                found[tuple(partition["Values"])] = partition["StorageDescriptor"]["Location"]
        return found

    def save_partitions(self, spark: SparkSide, place: Place) -> None:
        """Copy the partitions of a table from Spark to Glue."""
        raw = self.raw(place)
        if raw is None or raw.get("TableType") == "VIRTUAL_VIEW":
            return
        names = list(spark.table(*place).partition_names)
        there = spark.partitions(*place, names) if names else {}
        known = self.partitions(place)
        if there.keys() == known.keys():
            return
        location = str(raw["StorageDescriptor"].get("Location") or "")
        table = Table(*place, location, (), (), "", {}, raw)  # for any kind of file
        added = [Partition(values, location) for values, location in there.items() if values not in known]
        self.catalog.add_partitions(table, added)
        self.catalog.delete_partitions(table, [Partition(values, "") for values in known if values not in there])

    def show_lines_again(self, spark: SparkSide) -> None:
        """Restore the views of text tables after a statement that wrote or described them."""
        for place in self._as_lines:
            if self._known.get(place, (Form.READ, ""))[0] is Form.WRITE:
                self.put(spark, place, Form.READ)

    def forget(self, place: Place) -> None:
        """Forget a table, which is copied again when a statement names it."""
        self._known.pop(place, None)

    def _warn_of_header(self, place: Place, parameters: Mapping[str, str]) -> None:
        if parameters.get("skip.header.line.count", "0") != "0" and place not in self._warned:
            self._warned.add(place)
            print(  # noqa: T201 - the run's error log
                f"glue-local: {'.'.join(place)}: Spark SQL reads the header of CSV files as a row, as on AWS: it"
                " ignores skip.header.line.count, which create_dynamic_frame.from_catalog follows",
                file=sys.stderr,
                flush=True,
            )


def _check_readable(place: Place, raw: Mapping[str, Any]) -> None:
    parameters = raw.get("Parameters") or {}
    kind = str(parameters.get("table_type") or parameters.get(PROVIDER) or "").upper()
    if kind in {"ICEBERG", "DELTA", "HUDI"}:
        instead = "name it in a catalog of its format, such as glue_catalog.DATABASE.TABLE of Iceberg"
        unsupported(f"the {kind.title()} table {'.'.join(place)} in Spark SQL", instead)


def _provider(place: Place, raw: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Spark's source for a table's files, and its options."""
    serde = (raw["StorageDescriptor"].get("SerdeInfo") or {}).get("Parameters") or {}
    own = str((raw.get("Parameters") or {}).get(PROVIDER) or "")
    if own:
        return own, {key: value for key, value in serde.items() if key not in {"path", "serialization.format"}}
    table = parse_table(place[0], raw)
    if table.format != "csv":
        return table.format, {}
    library = str((raw["StorageDescriptor"].get("SerdeInfo") or {}).get("SerializationLibrary") or "")
    parameters = table.serde_parameters
    if library.endswith(text_tables.OPEN_CSV):
        marks = {"sep": parameters.get("separatorChar", ","), "quote": parameters.get("quoteChar", '"')}
        return "csv", {**marks, "escape": parameters.get("escapeChar", "\\"), "emptyValue": ""}
    delimiter = parameters.get("field.delim") or "\x01"
    return "csv", {"sep": delimiter, "quote": "", "nullValue": "\\N", "emptyValue": ""}
