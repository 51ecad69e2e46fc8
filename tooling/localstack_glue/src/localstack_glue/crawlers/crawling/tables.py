"""Decides which files form a table, where its root is, and what its partitions are (G18-G20)."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from localstack_glue.crawlers.crawling.listing import S3Target
from localstack_glue.crawlers.crawling.schema import ClassifiedFile, Column, are_similar, column_name, merge_columns

MAX_NAME = 128
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"  # what Hive and Spark call a partition whose value is null or empty


@dataclass(frozen=True, slots=True)
class FoundPartition:
    """A leaf folder of a table."""

    values: tuple[str, ...]
    location: str
    files: tuple[ClassifiedFile, ...]


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table as a crawl sees it, before it is compared with the catalog."""

    name: str
    location: str
    columns: tuple[Column, ...]
    partition_keys: tuple[str, ...]
    partitions: tuple[FoundPartition, ...]
    files: tuple[ClassifiedFile, ...]
    exclusions: tuple[str, ...] = ()  # patterns of whole locations


@dataclass(frozen=True, slots=True)
class GroupingRules:
    """The grouping settings in the crawler's configuration (G20)."""

    prefix: str = ""
    combines_schemas: bool = False
    table_level: int | None = None  # the bucket is level 1


def build_tables(
    target: S3Target,
    files: Sequence[ClassifiedFile],
    rules: GroupingRules,
    taken: frozenset[tuple[str, ...]] = frozenset(),
) -> list[FoundTable]:
    """Group a target's files into tables; `taken` are folders of other tables, which no table may enclose."""
    if not files:
        return []
    if len(files) == 1 and files[0].item.key == target.prefix:
        return [_table(target, (), files, rules, is_file=True)]  # the include path is an object
    roots: list[tuple[tuple[str, ...], Sequence[ClassifiedFile], bool]] = []
    if rules.table_level is not None:
        depth = max(0, rules.table_level - 1 - len([part for part in target.prefix.split("/") if part]))
        by_root = defaultdict(list)
        for file in files:
            by_root[file.item.folder[:depth]].append(file)
        roots = [(root, members, False) for root, members in by_root.items()]
    else:
        roots = _split((), files, rules, {folder[:length] for folder in taken for length in range(len(folder) + 1)})
    return [_table(target, root, members, rules, is_file=is_file) for root, members, is_file in roots]


def _split(
    root: tuple[str, ...], files: Sequence[ClassifiedFile], rules: GroupingRules, enclosing: set[tuple[str, ...]]
) -> list[tuple[tuple[str, ...], Sequence[ClassifiedFile], bool]]:
    """Take a folder for one table if its files go together; otherwise look at each folder below by itself."""
    if root not in enclosing and _go_together(files, rules):
        return [(root, files, False)]
    here = [file for file in files if file.item.folder == root]
    below = defaultdict(list)
    for file in files:
        if len(file.item.folder) > len(root):
            below[file.item.folder[: len(root) + 1]].append(file)
    roots: list[tuple[tuple[str, ...], Sequence[ClassifiedFile], bool]] = []
    if here and root not in enclosing and _go_together(here, rules):
        roots.append((root, here, False))
    else:
        roots += [(file.item.path, [file], True) for file in here]
    for child, members in below.items():
        roots += _split(child, members, rules, enclosing)
    return roots


def _go_together(files: Sequence[ClassifiedFile], rules: GroupingRules) -> bool:
    first = files[0]
    depth = len(first.item.folder)
    return all(
        len(file.item.folder) == depth
        and file.schema.format_key == first.schema.format_key
        and (rules.combines_schemas or are_similar(first.schema, file.schema))
        for file in files
    )


def _table(
    target: S3Target, root: tuple[str, ...], files: Sequence[ClassifiedFile], rules: GroupingRules, *, is_file: bool
) -> FoundTable:
    location = target.uri(*root) + ("" if is_file else "/")
    by_folder = defaultdict(list)
    for file in files:
        by_folder[() if is_file else file.item.folder[len(root) :]].append(file)
    keys = partition_keys(list(by_folder))
    # a file above the partitions (possible with a fixed table level) belongs to none
    partitions = tuple(
        FoundPartition(partition_values(folder), target.uri(*root, *folder) + "/", tuple(members))
        for folder, members in sorted(by_folder.items())
        if keys and len(folder) == len(keys)
    )
    source = root[-1] if root else target.default_name
    name = table_name(source, rules.prefix)
    _check_distinct(name, partitions)
    return FoundTable(
        name=name,
        location=location,
        columns=merge_columns(file.schema for file in files),
        partition_keys=keys,
        partitions=partitions,
        files=tuple(files),
        exclusions=target.whole_exclusions,
    )


def _check_distinct(name: str, partitions: Sequence[FoundPartition]) -> None:
    """Refuse folders such as `a=1` and `A=1`: of two partitions with the same values, the catalog would lose one."""
    locations: dict[tuple[str, ...], str] = {}
    for partition in partitions:
        other = locations.setdefault(partition.values, partition.location)
        if other != partition.location:
            raise ValueError(
                f"{other} and {partition.location} would both be the partition {list(partition.values)} of table"
                f" {name}, of which the Data Catalog holds one only. Rename or exclude one of them."
            )


def doubts(table: FoundTable) -> Iterator[str]:
    """What a query will answer otherwise than the files say, though AWS makes the table so."""
    schema = table.files[0].schema
    if schema.classification == "json":
        written = {name for names in {file.schema.json_names for file in table.files} for name in names}
        if renamed := sorted(name for name in written if column_name(name, 0) != name.lower()):
            yield f"Table {table.name}: the catalog cannot hold the name {renamed[0][:99]!a}, so its values are null"
    if schema.classification != "csv":
        return
    if schema.serde.endswith("LazySimpleSerDe") and any(file.schema.has_quotes for file in table.files):
        yield (
            f"Table {table.name}: its SerDe takes quotes for part of the values, and numbers in quotes are null;"
            " OpenCSVSerDe in a custom classifier reads them"
        )
    skipped = min(file.schema.header_lines for file in table.files)
    if longer := [file for file in table.files if file.schema.has_header and file.schema.header_lines > skipped]:
        yield f"Table {table.name}: {longer[0].item.key} has a longer header than others, whose rest will be a row"
    names = [column.name for column in table.columns]
    for file in table.files:
        own = [column.name for column in file.schema.columns]
        if own != names[: len(own)]:
            yield (f"Table {table.name}: {file.item.key} has its columns in another order, and CSV is read by position")
            return


def table_name(source: str, prefix: str = "") -> str:
    """Name a table after its folder (G18)."""
    return re.sub(r"[^a-z0-9_]", "_", f"{prefix}{source}".lower())[:MAX_NAME]


def unique_name(name: str, location: str) -> str:
    """Distinguish a table from another one of the same name by a hash of its location (G18)."""
    suffix = hashlib.md5(location.encode(), usedforsecurity=False).hexdigest()
    return f"{name[: MAX_NAME - len(suffix) - 1]}_{suffix}"


def partition_keys(folders: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Name the levels below a table's root: `key=value` by its key, others by position (G19)."""
    depth = max((len(folder) for folder in folders), default=0)
    keys: list[str] = []
    for level in range(depth):
        names = {_key_name(folder[level]) for folder in folders if len(folder) > level}
        name = names.pop() if len(names) == 1 else None
        name = column_name(name, level) if name else None
        keys.append(name if name and name not in keys else f"partition_{level}")
    return tuple(keys)


def partition_values(folder: tuple[str, ...]) -> tuple[str, ...]:
    """Read the values of a leaf folder's levels (G19)."""
    return tuple((part.partition("=")[2] or NO_VALUE) if _key_name(part) else part for part in folder)


def _key_name(part: str) -> str | None:
    key, has_value, _ = part.partition("=")
    return key.lower() if key and has_value else None
