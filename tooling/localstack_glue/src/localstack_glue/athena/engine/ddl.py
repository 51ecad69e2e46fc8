"""DDL: Athena's statements that create, change and drop databases, tables and partitions of the Glue catalog."""

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError
from sqlglot import exp

from localstack_glue.athena.engine import hive_grammar
from localstack_glue.athena.engine.catalog import GlueCatalog
from localstack_glue.athena.engine.column_changes import ColumnChange, parse_change
from localstack_glue.athena.engine.commands import SEPARATORS, Command, partitions, properties, split_name
from localstack_glue.athena.engine.errors import QueryFailedError, failed_ddl
from localstack_glue.athena.engine.results import Answer
from localstack_glue.athena.engine.table_clauses import (
    TableClauses,
    catalog_columns,
    check_distinct_columns,
    hive_text,
    pairs,
)
from localstack_glue.athena.engine.writes import escaped, unescaped
from localstack_glue.service.models import JsonDict

_BATCH = 100
# what UpdateTable takes of what GetTable answers
INPUT_FIELDS = (
    "Name",
    "Description",
    "Owner",
    "Retention",
    "StorageDescriptor",
    "PartitionKeys",
    "ViewOriginalText",
    "ViewExpandedText",
    "TableType",
    "Parameters",
    "TargetTable",
)
NOTHING = Answer((), (), has_header=False)


class Ddl:
    """Changes one account's catalog.

    Args:
        glue: a boto3 client.
        s3: a boto3 client.
        database: the database of names without one.
        purge: drops an Iceberg table, by database and name, with its files.
    """

    def __init__(
        self, glue: Any, s3: Any, database: str, purge: Callable[[str, str], None] = lambda _database, _name: None
    ) -> None:
        self._glue = glue
        self._s3 = s3
        self._database = database
        self._purge = purge

    # ------------------------------------------------------------------------ by their words

    def run_command(self, command: Command) -> Answer | None:
        """A statement that has no syntax tree; None for any other."""
        run = {
            "create database": self._create_database,
            "drop database": self._drop_database,
            "alter database": self._alter_database,
            "add partition": self._add_partitions,
            "drop partition": self._drop_partitions,
            "rename partition": self._rename_partition,
            "change column": self._change_column,
            "msck repair": self._repair,
        }.get(command.kind)
        return None if run is None else run(command)

    def _create_database(self, command: Command) -> Answer:
        database_input: JsonDict = {"Name": command.table, "Parameters": properties(command.rest)}
        if command.comment is not None:
            database_input["Description"] = command.comment
        if command.location:
            database_input["LocationUri"] = command.location
        try:
            self._glue.create_database(DatabaseInput=database_input)
        except ClientError as error:
            self._unless(error, "AlreadyExistsException", command.exists, f"Database {command.table} already exists")
        return NOTHING

    def _drop_database(self, command: Command) -> Answer:
        name = command.table
        try:
            pages = self._glue.get_paginator("get_tables").paginate(DatabaseName=name)
            tables = [entry for page in pages for entry in page["TableList"]]
            if tables and command.rest.lower() != "cascade":
                raise failed_ddl(
                    "InvalidOperationException", f"Database {name} is not empty. One or more tables exist."
                )
            for table in tables:
                if is_iceberg(table):
                    self._purge(name, table["Name"])
            self._glue.delete_database(Name=name)
        except ClientError as error:
            self._unless(error, "EntityNotFoundException", command.exists, f"Database does not exist: {name}")
        return NOTHING

    def _alter_database(self, command: Command) -> Answer:
        try:
            found = self._glue.get_database(Name=command.table)["Database"]
        except ClientError as error:
            self._unless(error, "EntityNotFoundException", False, f"Database does not exist: {command.table}")
        database_input = {key: found[key] for key in ("Name", "Description", "LocationUri") if key in found}
        database_input["Parameters"] = {**(found.get("Parameters") or {}), **properties(command.rest)}
        self._glue.update_database(Name=command.table, DatabaseInput=database_input)
        return NOTHING

    def _add_partitions(self, command: Command) -> Answer:
        table, keys = self._partitioned(command)
        inputs = []
        for partition, location in partitions(command.rest):
            values = self._values(keys, partition)
            folder = "/".join(f"{key}={escaped(value)}" for key, value in zip(keys, values, strict=True))
            place = f"{table['StorageDescriptor']['Location'].rstrip('/')}/{folder}/"
            place = _in_s3(location) if location else place
            inputs.append(self._partition_input(table, values, place))
        for start in range(0, len(inputs), _BATCH):
            answer = self._glue.batch_create_partition(
                DatabaseName=command.database,
                TableName=command.table,
                PartitionInputList=inputs[start : start + _BATCH],
            )
            for failure in answer.get("Errors") or []:
                detail = failure["ErrorDetail"]
                if detail["ErrorCode"] != "AlreadyExistsException":
                    raise failed_ddl(detail["ErrorCode"], detail["ErrorMessage"])
                if not command.exists:
                    raise failed_ddl(
                        "AlreadyExistsException", f"Partition already exists: {failure['PartitionValues']}"
                    )
        return NOTHING

    def _drop_partitions(self, command: Command) -> Answer:
        _, keys = self._partitioned(command)
        for partition, _ in partitions(command.rest, SEPARATORS[command.kind]):
            try:
                self._glue.delete_partition(
                    DatabaseName=command.database,
                    TableName=command.table,
                    PartitionValues=self._values(keys, partition),
                )
            except ClientError as error:
                self._unless(error, "EntityNotFoundException", command.exists, f"Partition not found: {partition}")
        return NOTHING

    def _rename_partition(self, command: Command) -> Answer:
        _, keys = self._partitioned(command)
        (old, _), (new, _) = partitions(command.rest, SEPARATORS[command.kind])[:2]
        partition_input = self._partition(command.database, command.table, self._values(keys, old))
        partition_input["Values"] = self._values(keys, new)
        self._update_partition(command.database, command.table, self._values(keys, old), partition_input)
        return NOTHING

    def _repair(self, command: Command) -> Answer:
        """MSCK REPAIR: folders named `key=value` below the table become partitions; existing ones are kept.

        As on AWS, keys in upper case and values with a colon are left out.
        """
        table, keys = self._partitioned(command)
        location = table["StorageDescriptor"]["Location"].rstrip("/") + "/"
        parts = urlsplit(location)
        prefix = parts.path.lstrip("/")
        found: dict[tuple[str, ...], str] = {}
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=parts.netloc, Prefix=prefix):
            for entry in page.get("Contents", ()):
                folders = entry["Key"][len(prefix) :].split("/")[:-1][: len(keys)]
                named = [folder.partition("=") for folder in folders]
                is_seen = not any(":" in value for _, _, value in named)
                if len(named) == len(keys) and [name for name, _, _ in named] == keys and is_seen:
                    values = tuple(unescaped(value) for _, _, value in named)
                    found[values] = f"{location}{'/'.join(folders)}/"
        catalog = GlueCatalog(self._glue)
        known = {each.values for each in catalog.partitions(catalog.table(command.database, command.table, "line 1:1"))}
        new = [(values, place) for values, place in sorted(found.items()) if values not in known]
        for start in range(0, len(new), _BATCH):
            self._glue.batch_create_partition(
                DatabaseName=command.database,
                TableName=command.table,
                PartitionInputList=[
                    self._partition_input(table, list(values), place) for values, place in new[start : start + _BATCH]
                ],
            )
        if not new:
            return NOTHING
        folders_of = ("/".join(f"{k}={v}" for k, v in zip(keys, values, strict=True)) for values, _ in new)
        added = [f"{command.table}:{folder}" for folder in folders_of]
        lines = ["\t".join(("Partitions not in metastore:", *added))]
        lines += [f"Repair: Added partition to metastore {each}" for each in added]
        return Answer((), tuple((line,) for line in lines), has_header=False)

    # ------------------------------------------------------------------------ by their tree

    def create_table(self, create: exp.Create) -> Answer:
        """CREATE EXTERNAL TABLE.

        Raises:
            QueryFailedError: it is neither external nor an Iceberg table, or has no location.
        """
        hive_grammar.check_names(create)
        schema = create.this
        database, name = self._name(schema.this if isinstance(schema, exp.Schema) else schema)
        created = TableClauses(create)
        if not create.find(exp.ExternalProperty):
            raise failed_ddl("NOT_SUPPORTED", f"CREATE TABLE {name} without EXTERNAL can only create an Iceberg table")
        if not created.location:
            raise failed_ddl("INVALID_TABLE_PROPERTY", "CREATE EXTERNAL TABLE needs a LOCATION in S3")
        _in_s3(created.location)
        descriptor = created.storage.descriptor()
        descriptor["SerdeInfo"]["Parameters"] = created.serde_parameters
        table: JsonDict = {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE", **created.parameters},
            "PartitionKeys": created.partition_keys,
            "StorageDescriptor": {
                **descriptor,
                "Columns": catalog_columns(schema.expressions if isinstance(schema, exp.Schema) else ()),
                # as Hive keeps a path; a bucket keeps its slash
                "Location": created.location.rstrip("/") if created.location.count("/") > 3 else created.location,
                "Compressed": False,
                "BucketColumns": created.bucket_columns,
                "NumberOfBuckets": created.buckets,
                "StoredAsSubDirectories": False,
            },
        }
        check_distinct_columns(table["StorageDescriptor"]["Columns"], created.partition_keys)
        if created.comment:
            table["Parameters"]["comment"] = created.comment
            table["Description"] = created.comment
        self.put_table(database, table, exists=bool(create.args.get("exists")))
        return NOTHING

    def put_table(self, database: str, table: JsonDict, *, exists: bool = False, replace: bool = False) -> None:
        """Create a table; if it exists, that is not an error with `replace` or `exists`.

        Raises:
            QueryFailedError: the database does not exist.
        """
        try:
            self._glue.create_table(DatabaseName=database, TableInput=table)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "EntityNotFoundException":
                raise QueryFailedError("SCHEMA_NOT_FOUND", f"line 1:1: Schema '{database}' does not exist") from error
            if code == "AlreadyExistsException" and replace:
                self._glue.update_table(DatabaseName=database, TableInput=table)
                return
            self._unless(error, "AlreadyExistsException", exists, f"Table {table['Name']} already exists")

    def drop(self, drop: exp.Drop) -> Answer:
        """DROP TABLE, DROP VIEW.

        Raises:
            QueryFailedError: there is no such table or view.
        """
        if drop.args["kind"].upper() not in ("TABLE", "VIEW") or drop.args.get("materialized"):
            raise failed_ddl("NOT_SUPPORTED", f"DROP {drop.args['kind'].upper()} is not supported here")
        word = next((word for word in ("cascade", "purge", "restrict") if drop.args.get(word)), None)
        if word is not None or len(drop.args["tables"]) > 1:
            raise failed_ddl(
                "NOT_SUPPORTED", f"DROP ... {word.upper() if word else 'of several'} is not supported here"
            )
        database, name = self._name(drop.args["tables"][0])
        found = GlueCatalog(self._glue).raw_table(database, name)
        is_view = found is not None and found.get("TableType") == "VIRTUAL_VIEW"
        wants_view = drop.args["kind"].upper() == "VIEW"
        if found is None or is_view != wants_view:
            if drop.args.get("exists"):
                return NOTHING
            what = "View" if wants_view else "Table"
            raise QueryFailedError("TABLE_NOT_FOUND", f"line 1:1: {what} '{database}.{name}' does not exist")
        if is_iceberg(found):
            self._purge(database, name)
        else:
            if not wants_view:
                hive_grammar.check_names(drop)
            self._glue.delete_table(DatabaseName=database, Name=name)
        return NOTHING

    def alter(self, alter: exp.Alter) -> Answer:
        """ALTER TABLE: columns, properties, locations, those of one partition too.

        Raises:
            QueryFailedError: there is no such table, or the change is not supported here.
        """
        hive_grammar.check_names(alter)
        database, name = self._name(alter.this)
        table = self._table(database, name)
        partition = alter.this.args.get("partition")
        if partition is not None:
            self._alter_partition(database, table, partition, alter.args["actions"])
            return NOTHING
        for action in alter.args["actions"]:
            self._change(table, table["StorageDescriptor"], action)
        self._update(database, table)
        return NOTHING

    def _alter_partition(self, database: str, table: JsonDict, node: exp.Expr, actions: Sequence[exp.Expr]) -> None:
        keys = [key["Name"] for key in table.get("PartitionKeys") or ()]
        values = self._values(keys, {each.this.name.lower(): each.expression.name for each in node.expressions})
        partition_input = self._partition(database, table["Name"], values)
        for action in actions:
            if isinstance(action, exp.AlterSet) and action.args.get("location") is None:
                raise _unsupported(action)
            self._change(table, partition_input["StorageDescriptor"], action)
        self._update_partition(database, table["Name"], values, partition_input)

    def _change(self, table: JsonDict, storage: JsonDict, action: exp.Expr) -> None:
        """Change a table, or the descriptor of one of its partitions."""
        keys = table.get("PartitionKeys") or ()
        if isinstance(action, exp.Schema):
            new = catalog_columns(action.expressions)
            known = {column["Name"] for column in [*storage["Columns"], *keys]}
            twice = next((column["Name"] for column in new if column["Name"] in known), None)
            if twice is not None:
                raise failed_ddl("InvalidRequestException", f"Duplicate column name: {twice}")
            storage["Columns"] = [*storage["Columns"], *new]
            check_distinct_columns(storage["Columns"], keys)
        elif isinstance(action, exp.ReplaceColumns):
            storage["Columns"] = catalog_columns(action.expressions)
            check_distinct_columns(storage["Columns"], keys)
        elif isinstance(action, exp.AlterSet) and set_members(action) == {"location"}:
            storage["Location"] = _in_s3(action.args["location"].name)
        elif isinstance(action, exp.AlterSet) and set_members(action) == {"expressions"}:
            table["Parameters"] = {**(table.get("Parameters") or {}), **set_properties(action)}
        elif isinstance(action, exp.Drop) and action.args.get("kind") == "COLUMN":
            raise failed_ddl(
                "NOT_SUPPORTED",
                "ALTER TABLE ... DROP COLUMN is for Iceberg tables; use ALTER TABLE ... REPLACE COLUMNS",
            )
        else:
            raise _unsupported(action)

    def _change_column(self, command: Command) -> Answer:
        """ALTER TABLE ... CHANGE COLUMN."""
        change = parse_change(command.rest)
        for name in change.hive_names:
            hive_grammar.check_name(name)
        table = self._table(command.database, command.table)
        storage = table["StorageDescriptor"]
        storage["Columns"] = _with_change(storage["Columns"], change)
        check_distinct_columns(storage["Columns"], table.get("PartitionKeys") or ())
        self._update(command.database, table)
        return NOTHING

    # ------------------------------------------------------------------------ parts

    def _name(self, table: exp.Expr) -> tuple[str, str]:
        return table_name(table, self._database)

    def _table(self, database: str, name: str) -> JsonDict:
        found: JsonDict | None = GlueCatalog(self._glue).raw_table(database, name)
        if found is None:
            raise QueryFailedError("TABLE_NOT_FOUND", f"line 1:1: Table '{database}.{name}' does not exist")
        if found.get("TableType") == "VIRTUAL_VIEW":
            raise failed_ddl("NOT_SUPPORTED", f"{database}.{name} is a view, not a table")
        return found

    def _partitioned(self, command: Command) -> tuple[JsonDict, list[str]]:
        """A table, and the names of its partition keys."""
        table = self._table(command.database, command.table)
        if is_iceberg(table):
            kind = command.kind.upper()
            raise failed_ddl("NOT_SUPPORTED", f"{kind} is for tables over files; {command.table} is an Iceberg table")
        return table, [key["Name"] for key in table.get("PartitionKeys") or ()]

    def _partition(self, database: str, table: str, values: list[str]) -> JsonDict:
        """A partition, as UpdatePartition takes it."""
        try:
            found = self._glue.get_partition(DatabaseName=database, TableName=table, PartitionValues=values)
        except ClientError as error:
            self._unless(error, "EntityNotFoundException", False, f"Partition not found: {values}")
        kept = ("StorageDescriptor", "Parameters", "Values")
        return {key: found["Partition"][key] for key in kept if key in found["Partition"]}

    def _update_partition(self, database: str, table: str, values: list[str], partition_input: JsonDict) -> None:
        self._glue.update_partition(
            DatabaseName=database, TableName=table, PartitionValueList=values, PartitionInput=partition_input
        )

    def _update(self, database: str, table: JsonDict) -> None:
        table_input = {key: table[key] for key in INPUT_FIELDS if key in table}
        self._glue.update_table(DatabaseName=database, TableInput=table_input)

    def _values(self, keys: Sequence[str], partition: dict[str, str]) -> list[str]:
        if sorted(partition) != sorted(keys):
            raise failed_ddl(
                "InvalidRequestException", f"The partition {partition} does not have the keys {', '.join(keys)}"
            )
        return [partition[key] for key in keys]

    def _partition_input(self, table: JsonDict, values: list[str], location: str) -> JsonDict:
        return {"Values": values, "StorageDescriptor": {**table["StorageDescriptor"], "Location": location}}

    def _unless(self, error: ClientError, code: str, is_fine: bool, message: str) -> None:
        if error.response["Error"]["Code"] != code:
            raise error
        if not is_fine:
            raise failed_ddl(code, message) from error


def table_name(table: exp.Expr, database: str) -> tuple[str, str]:
    """The database and the name of a table in a statement of Hive's, in lower case."""
    written = table.this
    is_ticked = isinstance(written, exp.Identifier) and bool(written.args.get("quoted")) and not table.text("db")
    named, name = split_name(f"`{table.name}`") if is_ticked else ("", "")
    return (named or table.text("db") or database).lower(), (name if named else table.name).lower()


def is_iceberg(table: JsonDict) -> bool:
    """Whether a table of the catalog is an Iceberg table."""
    return str((table.get("Parameters") or {}).get("table_type", "")).upper() == "ICEBERG"


def set_members(action: exp.AlterSet) -> set[str]:
    """What an ALTER TABLE ... SET sets: its `location`, or its properties as `expressions`."""
    return {member for member, value in action.args.items() if value not in (None, False, [])}


def set_properties(action: exp.AlterSet) -> dict[str, str]:
    """The properties of ALTER TABLE ... SET TBLPROPERTIES.

    Raises:
        QueryFailedError: they are those of a SerDe.
    """
    found = [each for group in action.expressions for each in group.expressions]
    if any(type(each) is not exp.Property for each in found):
        raise _unsupported(action)
    return pairs(found)


def _in_s3(location: str) -> str:
    if not re.match("s3://[^/]", location):
        raise failed_ddl("INVALID_TABLE_PROPERTY", f"a LOCATION must be in S3, not '{location}'")
    return location


def _unsupported(action: exp.Expr) -> QueryFailedError:
    return failed_ddl("NOT_SUPPORTED", f"ALTER TABLE ... {action.sql('hive')} is not supported here")


def _with_change(columns: Sequence[JsonDict], change: ColumnChange) -> list[JsonDict]:
    """Columns of the catalog after one was changed."""
    names = [column["Name"] for column in columns]
    for name in (change.old, *([change.after] if change.after else ())):
        if name not in names:
            raise QueryFailedError("COLUMN_NOT_FOUND", f"line 1:1: Column '{name}' does not exist")
    changed = {**columns[names.index(change.old)], "Name": change.new, "Type": hive_text(change.kind)}
    if change.comment is not None:
        changed["Comment"] = change.comment
    result = [changed if column["Name"] == change.old else column for column in columns]
    if not change.is_first and not change.after:
        return result
    result.remove(changed)
    place = 0 if change.is_first else [column["Name"] for column in result].index(change.after) + 1
    return [*result[:place], changed, *result[place:]]
