"""DDL: Athena's statements that create, change and drop databases, tables and partitions of the Glue catalog."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError
from sqlglot import exp

from localstack_glue.athena.engine.catalog import GlueCatalog
from localstack_glue.athena.engine.commands import Command, partitions, properties
from localstack_glue.athena.engine.errors import QueryFailedError, failed_ddl
from localstack_glue.athena.engine.results import Answer
from localstack_glue.athena.engine.table_clauses import (
    TableClauses,
    catalog_columns,
    check_distinct_columns,
    hive_text,
    pairs,
)
from localstack_glue.athena.engine.writes import unescaped
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
    """

    def __init__(self, glue: Any, s3: Any, database: str) -> None:
        self._glue = glue
        self._s3 = s3
        self._database = database

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
            tables = [entry["Name"] for page in pages for entry in page["TableList"]]
            if tables and command.rest.lower() != "cascade":
                raise failed_ddl(
                    "InvalidOperationException", f"Database {name} is not empty. One or more tables exist."
                )
            self._glue.delete_database(Name=name)
        except ClientError as error:
            self._unless(error, "EntityNotFoundException", command.exists, f"Database does not exist: {name}")
        return NOTHING

    def _alter_database(self, command: Command) -> Answer:
        found = self._glue.get_database(Name=command.table)["Database"]
        database_input = {key: found[key] for key in ("Name", "Description", "LocationUri") if key in found}
        database_input["Parameters"] = {**(found.get("Parameters") or {}), **properties(command.rest)}
        self._glue.update_database(Name=command.table, DatabaseInput=database_input)
        return NOTHING

    def _add_partitions(self, command: Command) -> Answer:
        table = self._table(command.database, command.table)
        keys = [key["Name"] for key in table.get("PartitionKeys") or ()]
        inputs = []
        for partition, location in partitions(command.rest):
            values = self._values(keys, partition)
            folder = "/".join(f"{key}={value}" for key, value in zip(keys, values, strict=True))
            place = location or f"{table['StorageDescriptor']['Location'].rstrip('/')}/{folder}/"
            inputs.append(self._partition_input(table, values, place))
        answer = self._glue.batch_create_partition(
            DatabaseName=command.database, TableName=command.table, PartitionInputList=inputs
        )
        errors = [] if command.exists else answer.get("Errors") or []
        if errors:
            raise failed_ddl("AlreadyExistsException", f"Partition already exists: {errors[0]['PartitionValues']}")
        return NOTHING

    def _drop_partitions(self, command: Command) -> Answer:
        table = self._table(command.database, command.table)
        keys = [key["Name"] for key in table.get("PartitionKeys") or ()]
        for partition, _ in partitions(command.rest):
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
        table = self._table(command.database, command.table)
        keys = [key["Name"] for key in table.get("PartitionKeys") or ()]
        (old, _), (new, _) = partitions(command.rest)[:2]
        name = {"DatabaseName": command.database, "TableName": command.table}
        found = self._glue.get_partition(**name, PartitionValues=self._values(keys, old))["Partition"]
        partition_input = {key: found[key] for key in ("StorageDescriptor", "Parameters") if key in found}
        partition_input["Values"] = self._values(keys, new)
        self._glue.update_partition(**name, PartitionValueList=self._values(keys, old), PartitionInput=partition_input)
        return NOTHING

    def _repair(self, command: Command) -> Answer:
        """MSCK REPAIR: folders named `key=value` below the table become partitions; existing ones are kept."""
        table = self._table(command.database, command.table)
        keys = [key["Name"] for key in table.get("PartitionKeys") or ()]
        location = table["StorageDescriptor"]["Location"].rstrip("/") + "/"
        parts = urlsplit(location)
        prefix = parts.path.lstrip("/")
        found: dict[tuple[str, ...], str] = {}
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=parts.netloc, Prefix=prefix):
            for entry in page.get("Contents", ()):
                folders = entry["Key"][len(prefix) :].split("/")[:-1][: len(keys)]
                named = [folder.partition("=") for folder in folders]
                if len(named) == len(keys) and [name.lower() for name, _, _ in named] == keys:
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
        schema = create.this
        database, name = self._name(schema.this if isinstance(schema, exp.Schema) else schema)
        created = TableClauses(create)
        if not create.find(exp.ExternalProperty):
            raise failed_ddl("NOT_SUPPORTED", f"CREATE TABLE {name} without EXTERNAL can only create an Iceberg table")
        if not created.location.startswith("s3://"):
            raise failed_ddl("INVALID_TABLE_PROPERTY", "CREATE EXTERNAL TABLE needs a LOCATION in S3")
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
        database, name = self._name(drop.args["tables"][0])
        found = GlueCatalog(self._glue).raw_table(database, name)
        is_view = found is not None and found.get("TableType") == "VIRTUAL_VIEW"
        wants_view = drop.args["kind"].upper() == "VIEW"
        if found is None or is_view != wants_view:
            if drop.args.get("exists"):
                return NOTHING
            what = "View" if wants_view else "Table"
            raise QueryFailedError(
                f"{what.upper()}_NOT_FOUND" if not wants_view else "TABLE_NOT_FOUND",
                f"line 1:1: {what} '{database}.{name}' does not exist",
            )
        self._glue.delete_table(DatabaseName=database, Name=name)
        return NOTHING

    def alter(self, alter: exp.Alter) -> Answer:
        """ALTER TABLE: columns, properties, locations, partitions.

        Raises:
            QueryFailedError: there is no such table, or the change is not supported here.
        """
        database, name = self._name(alter.this)
        table = self._table(database, name)
        partition = alter.this.args.get("partition")
        for action in alter.args["actions"]:
            if isinstance(action, exp.AlterSet) and partition is not None:
                self._move_partition(database, table, partition, action)
                return NOTHING
            self._change(table, action)
        table_input = {key: table[key] for key in INPUT_FIELDS if key in table}
        self._glue.update_table(DatabaseName=database, TableInput=table_input)
        return NOTHING

    def _change(self, table: JsonDict, action: exp.Expr) -> None:
        storage = table["StorageDescriptor"]
        columns: list[JsonDict] = storage["Columns"]
        if isinstance(action, exp.Schema):
            known = {column["Name"] for column in [*columns, *(table.get("PartitionKeys") or ())]}
            new = catalog_columns(action.expressions)
            twice = next((column["Name"] for column in new if column["Name"] in known), None)
            if twice is not None:
                raise failed_ddl("InvalidRequestException", f"Duplicate column name: {twice}")
            columns += new
        elif isinstance(action, exp.ReplaceColumns):
            storage["Columns"] = catalog_columns(action.expressions)
        elif isinstance(action, exp.AlterColumn):
            old = action.this.name.lower()
            place = next((number for number, column in enumerate(columns) if column["Name"] == old), None)
            if place is None:
                raise QueryFailedError("COLUMN_NOT_FOUND", f"line 1:1: Column '{old}' does not exist")
            new_name = action.args.get("rename_to")
            columns[place]["Name"] = new_name.name.lower() if new_name is not None else old
            if action.args.get("dtype") is not None:
                columns[place]["Type"] = hive_text(action.args["dtype"])
        elif isinstance(action, exp.AlterSet) and action.args.get("location") is not None:
            storage["Location"] = action.args["location"].name
        elif isinstance(action, exp.AlterSet):
            properties_set = [each for group in action.expressions for each in group.expressions]
            table["Parameters"] = {**(table.get("Parameters") or {}), **pairs(properties_set)}
        elif isinstance(action, exp.Drop) and action.args.get("kind") == "COLUMN":
            dropped = {each.name.lower() for each in action.args["tables"]}
            storage["Columns"] = [column for column in columns if column["Name"] not in dropped]
        else:
            raise failed_ddl("NOT_SUPPORTED", f"ALTER TABLE ... {action.sql('hive')} is not supported here")

    def _move_partition(self, database: str, table: JsonDict, partition: exp.Expr, action: exp.AlterSet) -> None:
        keys = [key["Name"] for key in table.get("PartitionKeys") or ()]
        values_by_key = {each.this.name.lower(): each.expression.name for each in partition.expressions}
        values = self._values(keys, values_by_key)
        self._glue.update_partition(
            DatabaseName=database,
            TableName=table["Name"],
            PartitionValueList=values,
            PartitionInput=self._partition_input(table, values, action.args["location"].name),
        )

    # ------------------------------------------------------------------------ parts

    def _name(self, table: exp.Expr) -> tuple[str, str]:
        return (table.text("db") or self._database).lower(), table.name.lower()

    def _table(self, database: str, name: str) -> JsonDict:
        found: JsonDict | None = GlueCatalog(self._glue).raw_table(database, name)
        if found is None:
            raise QueryFailedError("TABLE_NOT_FOUND", f"line 1:1: Table '{database}.{name}' does not exist")
        return found

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
