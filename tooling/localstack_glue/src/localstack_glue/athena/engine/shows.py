"""SHOW and DESCRIBE: the contents of the catalog, in Hive's words."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from localstack_glue.athena.engine.catalog import CatalogTable, Column, GlueCatalog
from localstack_glue.athena.engine.commands import Command
from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.formats import FORMATS
from localstack_glue.athena.engine.iceberg_data import open_snapshot
from localstack_glue.athena.engine.iceberg_properties import PROPERTIES
from localstack_glue.athena.engine.results import Answer, ResultColumn
from localstack_glue.athena.engine.trino.types import from_sqlglot
from localstack_glue.athena.engine.views import original_sql

_NO_FORMAT = {"serialization.format": "1"}  # the SerDe's default, which Athena does not show
_DESCRIBED_NAMES = ("col_name", "data_type", "comment")
_DESCRIBED = tuple(ResultColumn(name, "string") for name in _DESCRIBED_NAMES)
_DESCRIBED_VIEW = tuple(ResultColumn(text, "varchar") for text in ("column", "type"))
_WIDTH = 20
_OF_METASTORE = frozenset(FORMATS[name].serde for name in ("TEXTFILE", "PARQUET", "ORC"))  # whose columns Hive keeps


class Shows:
    """Answers them from one account's catalog."""

    def __init__(self, glue: Any, iceberg_properties: dict[str, str]) -> None:
        self._catalog = GlueCatalog(glue)
        self._iceberg_properties = iceberg_properties

    def run_command(self, command: Command) -> Answer | None:
        """A statement; None for any other."""
        run: dict[str, Callable[[Command], Answer]] = {
            "show databases": self._databases,
            "show tables": lambda each: self._tables(each, views=None),
            "show views": lambda each: self._tables(each, views=True),
            "show partitions": self._partitions,
            "show create table": self._create_table,
            "show create view": self._create_view,
            "show tblproperties": self._properties,
            "show columns": self._columns,
            "describe": self._describe,
            "describe view": self._describe,
        }
        return run[command.kind](command) if command.kind in run else None

    def _databases(self, command: Command) -> Answer:
        return _listing("database_name", _matching(self._catalog.databases(), command.like))

    def _tables(self, command: Command, *, views: bool | None) -> Answer:
        names = self._catalog.table_names(command.database, views=views)
        found = _like(names, command.like)
        return _listing("views", found, "varchar") if views else _listing("tab_name", found)

    def _partitions(self, command: Command) -> Answer:
        table = self._table(command)
        if not table.partition_keys:
            raise QueryFailedError("INVALID_ARGUMENTS", f"{command.table} is not a partitioned table")
        names = [key.name for key in table.partition_keys]
        texts = [
            "/".join(f"{name}={value}" for name, value in zip(names, partition.values, strict=True))
            for partition in self._catalog.partitions(table)
        ]
        return _listing("partition", sorted(texts))

    def _columns(self, command: Command) -> Answer:
        found = self._raw(command)
        if _is_view(found):
            return _described_view(found)
        names = [name for name, _ in self._list_columns(command)]
        return _listing("field", names if _is_iceberg(found) else [_padded(name) for name in names])

    def _describe(self, command: Command) -> Answer:
        """DESCRIBE: each row is one value with tabs between its parts."""
        found = self._raw(command)
        if _is_view(found):
            return _described_view(found)
        if command.options or command.rest:
            what = f"DESCRIBE {command.options.upper()}" if command.options else f"DESCRIBE ... {command.rest}"
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {what} is not supported here")
        comments = _comments(found)
        columns = [(name, kind, comments.get(name, "")) for name, kind in self._list_columns(command)]
        lines = self._iceberg_lines(command, columns) if _is_iceberg(found) else _hive_lines(found, columns)
        return Answer(_DESCRIBED, tuple((line,) for line in lines), has_header=False)

    def _iceberg_lines(self, command: Command, columns: Iterable[tuple[str, str, str]]) -> list[str]:
        table = self._catalog.table(command.database, command.table, "line 1:1")
        iceberg = open_snapshot(table, None, self._iceberg_properties).table
        return [
            "# Table schema:\t\t",
            "# col_name\tdata_type\tcomment",
            *(f"{name}\t{_spaced(kind)}\t{comment}" for name, kind, comment in columns),
            "\t\t",
            "# Partition spec:\t\t",
            "# field_name\tfield_transform\tcolumn_name",
            *(
                f"{field.name}\t{field.transform}\t{iceberg.schema().find_column_name(field.source_id)}"
                for field in iceberg.spec().fields
                if str(field.transform) != "void"
            ),
        ]

    def _properties(self, command: Command) -> Answer:
        parameters = self._raw(command).get("Parameters") or {}
        if command.like is not None:
            if command.like not in parameters:
                raise QueryFailedError("INVALID_TABLE_PROPERTY", f"Table {command.table} has no {command.like}")
            return _listing("prpt_name", [parameters[command.like]])
        columns = (ResultColumn("prpt_name", "string"), ResultColumn("prpt_value", "string"))
        return Answer(columns, tuple(sorted(parameters.items())), has_header=False)

    def _create_view(self, command: Command) -> Answer:
        found = self._raw(command)
        if not _is_view(found):
            raise QueryFailedError("INVALID_ARGUMENTS", f"{command.database}.{command.table} is not a view")
        sql, _ = original_sql(found, "line 1:1")
        text = f"CREATE VIEW {command.database}.{command.table} AS\n{sql}"
        return _listing("create view", text.splitlines(), "varchar")

    def _create_table(self, command: Command) -> Answer:
        found = self._raw(command)
        if _is_view(found):
            raise QueryFailedError("INVALID_ARGUMENTS", f"{command.database}.{command.table} is a view, not a table")
        columns = self._list_columns(command)
        if not _is_iceberg(found):
            return _listing("createtab_stmt", _create_statement(command, found, columns, [], None))
        table = self._catalog.table(command.database, command.table, "line 1:1")
        iceberg = open_snapshot(table, None, self._iceberg_properties).table
        transforms = [
            _transform(iceberg.schema().find_column_name(field.source_id) or field.name, str(field.transform))
            for field in iceberg.spec().fields
            if str(field.transform) != "void"
        ]
        own = {name: value for name, value in iceberg.properties.items() if name in PROPERTIES}
        return _listing("createtab_stmt", _create_statement(command, found, columns, transforms, own))

    def _list_columns(self, command: Command) -> list[tuple[str, str]]:
        return [(column.name, column.hive_type) for column in self._table(command).all_columns]

    def _table(self, command: Command) -> CatalogTable:
        table = self._catalog.table(command.database, command.table, "line 1:1")
        if not table.is_iceberg:
            return table
        columns: tuple[Column, ...] = open_snapshot(table, None, self._iceberg_properties).columns()
        return replace(table, columns=columns, partition_keys=())

    def _raw(self, command: Command) -> Any:
        found = self._catalog.raw_table(command.database, command.table)
        if found is None:
            self._catalog.table(command.database, command.table, "line 1:1")  # raises the error for what is missing
        return found


def _transform(column: str, transform: str) -> str:
    name, _, number = transform.rstrip("]").partition("[")
    shown = f"`{column.lower()}`"
    return shown if name == "identity" else f"{name}({f'{number}, ' if number else ''}{shown})"


def _create_statement(
    command: Command,
    found: Any,
    columns: Iterable[tuple[str, str]],
    transforms: Sequence[str],
    iceberg_properties: Mapping[str, str] | None,
) -> list[str]:
    """The lines of CREATE TABLE; the properties of an Iceberg table are those that Athena knows."""
    is_iceberg = iceberg_properties is not None
    keys = [] if is_iceberg else found.get("PartitionKeys") or []
    comments = _comments(found)
    own = [
        f"  `{name}` {kind}{_commented(comments.get(name, ''))}"
        for name, kind in columns
        if name not in {key["Name"] for key in keys}
    ]
    name = f"{command.database}.{command.table}" if command.names_database else command.table
    lines = [f"CREATE {'' if is_iceberg else 'EXTERNAL '}TABLE `{name}`(", *_bracketed(own, ",")]
    storage, parameters = found.get("StorageDescriptor") or {}, found.get("Parameters") or {}
    if "comment" in parameters:
        lines.append(f"COMMENT '{_escaped(parameters['comment'])}'")
    if keys:
        declared = [f"  `{key['Name']}` {key['Type']}{_commented(key.get('Comment') or '')}" for key in keys]
        lines += ["PARTITIONED BY ( ", *_bracketed(declared, ",")]
    if transforms:
        lines.append(f"PARTITIONED BY ({', '.join(transforms)})")
    if storage.get("BucketColumns") and not is_iceberg:
        lines += ["CLUSTERED BY ( ", *_bracketed([f"  {each}" for each in storage["BucketColumns"]], ", ", ") ")]
        lines.append(f"INTO {storage['NumberOfBuckets']} BUCKETS")
    if not is_iceberg:
        serde = storage.get("SerdeInfo") or {}
        lines += ["ROW FORMAT SERDE ", f"  '{serde.get('SerializationLibrary', '')}' "]
        serde_parameters = serde.get("Parameters") or {}
        lines += _pairs("WITH SERDEPROPERTIES ( ", {} if serde_parameters == _NO_FORMAT else serde_parameters)
        lines += ["STORED AS INPUTFORMAT ", f"  '{storage.get('InputFormat', '')}' "]
        lines += ["OUTPUTFORMAT ", f"  '{storage.get('OutputFormat', '')}'"]
    lines += ["LOCATION", f"  '{storage.get('Location', '')}'"]
    hidden = ("EXTERNAL", "comment")
    if iceberg_properties is not None:
        return [*lines, *_pairs("TBLPROPERTIES (", {"table_type": "iceberg"} | dict(iceberg_properties))]
    return lines + _pairs("TBLPROPERTIES (", {key: value for key, value in parameters.items() if key not in hidden})


def _bracketed(lines: Sequence[str], separator: str, end: str = ")") -> list[str]:
    """Lines with a separator after each but the last."""
    return [f"{line}{separator if number < len(lines) else end}" for number, line in enumerate(lines, 1)]


def _commented(comment: str) -> str:
    return f" COMMENT '{_escaped(comment)}'" if comment else ""


def _escaped(text: str) -> str:
    """A text between quotes, as Hive writes it."""
    known = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\", "'": "\\'", '"': '\\"', ";": "\\;"}
    return "".join(known.get(each) or (each if " " <= each <= "~" else f"\\u{ord(each):04X}") for each in text)


def _pairs(head: str, serde_parameters: dict[str, str]) -> list[str]:
    items = sorted(serde_parameters.items())
    if not items:
        return []
    return [head, *_bracketed([f"  '{_escaped(key)}'='{_escaped(value)}'" for key, value in items], ", ")]


def _all_columns(found: Any) -> list[dict[str, str]]:
    return [*((found.get("StorageDescriptor") or {}).get("Columns") or ()), *(found.get("PartitionKeys") or ())]


def _comments(found: Any) -> dict[str, str]:
    """Comments by column. Hive asks most SerDes for the columns, and they know no comments."""
    storage = found.get("StorageDescriptor") or {}
    library = (storage.get("SerdeInfo") or {}).get("SerializationLibrary") or ""
    default = "" if _is_iceberg(found) or library in _OF_METASTORE or not library else "from deserializer"
    own = {each["Name"]: each.get("Comment") or default for each in storage.get("Columns") or ()}
    return own | {each["Name"]: each.get("Comment") or "" for each in found.get("PartitionKeys") or ()}


def _is_iceberg(found: Any) -> bool:
    return str((found.get("Parameters") or {}).get("table_type", "")).upper() == "ICEBERG"


def _like(names: list[str], pattern: str | None) -> list[str]:
    """The names that match: Hive's patterns are regular expressions in which `*` matches anything."""
    if pattern is None:
        return names
    try:
        wanted = re.compile(
            "|".join(f"(?:{part.strip().replace('.*', '*').replace('*', '.*')})" for part in pattern.split("|"))
        )
    except re.error as error:
        raise _unreadable(pattern, error) from error
    return [name for name in names if wanted.fullmatch(name)]


def _matching(names: list[str], pattern: str | None) -> list[str]:
    """The names that match a regular expression as a whole; `*` alone is all of them."""
    if pattern in (None, "*"):
        return names
    try:
        return [name for name in names if re.fullmatch(str(pattern), name)]
    except re.error as error:
        raise _unreadable(str(pattern), error) from error


def _unreadable(pattern: str, error: re.error) -> QueryFailedError:
    return QueryFailedError("INVALID_ARGUMENTS", f"the pattern '{pattern}' cannot be read: {error}")


def _hive_lines(found: Any, columns: Iterable[tuple[str, str, str]]) -> list[str]:
    """Columns, each part 20 characters wide, and the partition keys once more."""
    keys = [(each["Name"], each["Type"], each.get("Comment") or "") for each in found.get("PartitionKeys") or []]
    lines = [_line(column) for column in columns]
    if keys:
        lines += ["\t \t ", "# Partition Information\t \t ", "# " + _line(_DESCRIBED_NAMES), "\t \t "]
    return lines + [_line(key) for key in keys]


def _line(parts: Iterable[str]) -> str:
    return "\t".join(_padded(part.partition("\t")[0]) for part in parts)


def _padded(text: str) -> str:
    return f"{text:<{_WIDTH}}"


def _spaced(kind: str) -> str:
    """A type as Iceberg writes it."""
    return kind.replace(",", ", ").replace(":", ": ")


def _described_view(found: Any) -> Answer:
    """The columns of a view, with Trino's types."""
    columns = [Column(each["Name"].lower(), each.get("Type") or "string") for each in _all_columns(found)]
    lines = tuple((f"{column.name}\t{from_sqlglot(column.data_type())}",) for column in columns)
    return Answer(_DESCRIBED_VIEW, lines, has_header=False)


def _is_view(found: Any) -> bool:
    return bool(found.get("TableType") == "VIRTUAL_VIEW")


def _listing(name: str, texts: Iterable[str], kind: str = "string") -> Answer:
    return Answer((ResultColumn(name, kind),), tuple((text,) for text in texts), has_header=False)
