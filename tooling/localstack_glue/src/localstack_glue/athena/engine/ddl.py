"""DDL: Athena's statements that create, change and drop databases and tables of the Glue catalog."""

from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import ClientError
from sqlglot import exp

from localstack_glue.athena.engine import hive_grammar
from localstack_glue.athena.engine.catalog import GlueCatalog, is_iceberg, update_input
from localstack_glue.athena.engine.column_changes import parse_change, with_change
from localstack_glue.athena.engine.commands import Command, properties
from localstack_glue.athena.engine.errors import QueryFailedError, failed_ddl, raise_unless
from localstack_glue.athena.engine.hive_names import table_name
from localstack_glue.athena.engine.partition_changes import PartitionChanges, partition_values
from localstack_glue.athena.engine.results import NOTHING, Answer
from localstack_glue.athena.engine.table_clauses import (
    TableClauses,
    catalog_columns,
    check_distinct_columns,
    in_s3,
    set_members,
    set_properties,
    unsupported_alteration,
)
from localstack_glue.service.models import JsonDict


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
        self._database = database
        self._purge = purge
        self._catalog = GlueCatalog(glue)
        self._partitions = PartitionChanges(glue, s3)

    # ------------------------------------------------------------------------ by their words

    def run_command(self, command: Command) -> Answer | None:
        """A statement that has no syntax tree; None for any other."""
        run = {
            "create database": self._create_database,
            "drop database": self._drop_database,
            "alter database": self._alter_database,
            "change column": self._change_column,
        }.get(command.kind)
        return self._partitions.run_command(command) if run is None else run(command)

    def _create_database(self, command: Command) -> Answer:
        database_input: JsonDict = {"Name": command.table, "Parameters": properties(command.rest)}
        if command.comment is not None:
            database_input["Description"] = command.comment
        if command.location:
            database_input["LocationUri"] = command.location
        try:
            self._glue.create_database(DatabaseInput=database_input)
        except ClientError as error:
            raise_unless(error, "AlreadyExistsException", command.exists, f"Database {command.table} already exists")
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
            raise_unless(error, "EntityNotFoundException", command.exists, f"Database does not exist: {name}")
        return NOTHING

    def _alter_database(self, command: Command) -> Answer:
        try:
            found = self._glue.get_database(Name=command.table)["Database"]
        except ClientError as error:
            raise_unless(error, "EntityNotFoundException", False, f"Database does not exist: {command.table}")
        database_input = {key: found[key] for key in ("Name", "Description", "LocationUri") if key in found}
        database_input["Parameters"] = {**(found.get("Parameters") or {}), **properties(command.rest)}
        self._glue.update_database(Name=command.table, DatabaseInput=database_input)
        return NOTHING

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
        in_s3(created.location)
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
            raise_unless(error, "AlreadyExistsException", exists, f"Table {table['Name']} already exists")

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
        found = self._catalog.raw_table(database, name)
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
        table = self._catalog.changeable_table(database, name)
        partition = alter.this.args.get("partition")
        if partition is not None:
            self._alter_partition(database, table, partition, alter.args["actions"])
            return NOTHING
        for action in alter.args["actions"]:
            self._change(table, table["StorageDescriptor"], action)
        self._glue.update_table(DatabaseName=database, TableInput=update_input(table))
        return NOTHING

    def _alter_partition(self, database: str, table: JsonDict, node: exp.Expr, actions: Sequence[exp.Expr]) -> None:
        keys = [key["Name"] for key in table.get("PartitionKeys") or ()]
        values = partition_values(keys, {each.this.name.lower(): each.expression.name for each in node.expressions})
        partition_input = self._partitions.read(database, table["Name"], values)
        for action in actions:
            if isinstance(action, exp.AlterSet) and action.args.get("location") is None:
                raise unsupported_alteration(action)
            self._change(table, partition_input["StorageDescriptor"], action)
        self._partitions.update(database, table["Name"], values, partition_input)

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
            storage["Location"] = in_s3(action.args["location"].name)
        elif isinstance(action, exp.AlterSet) and set_members(action) == {"expressions"}:
            table["Parameters"] = {**(table.get("Parameters") or {}), **set_properties(action)}
        elif isinstance(action, exp.Drop) and action.args.get("kind") == "COLUMN":
            raise failed_ddl(
                "NOT_SUPPORTED",
                "ALTER TABLE ... DROP COLUMN is for Iceberg tables; use ALTER TABLE ... REPLACE COLUMNS",
            )
        else:
            raise unsupported_alteration(action)

    def _change_column(self, command: Command) -> Answer:
        """ALTER TABLE ... CHANGE COLUMN."""
        change = parse_change(command.rest)
        for name in change.hive_names:
            hive_grammar.check_name(name)
        table = self._catalog.changeable_table(command.database, command.table)
        storage = table["StorageDescriptor"]
        storage["Columns"] = with_change(storage["Columns"], change)
        check_distinct_columns(storage["Columns"], table.get("PartitionKeys") or ())
        self._glue.update_table(DatabaseName=command.database, TableInput=update_input(table))
        return NOTHING

    # ------------------------------------------------------------------------ parts

    def _name(self, table: exp.Expr) -> tuple[str, str]:
        return table_name(table, self._database)
