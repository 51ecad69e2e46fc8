"""The results of a crawl for a file and for a table."""

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass

from localstack_glue.crawlers.crawling.hive_types import STRING, merge_names
from localstack_glue.crawlers.crawling.listing import S3Object

SIMILARITY = 0.7
WIDENED, DIFFERENT = 0.8, 0.5  # what a column of the same name counts if one type holds the other, and if not
MAX_COLUMNS = 10_000  # a file with more counts as damaged: the catalog could not hold its table
MAX_COLUMN_NAME = 255
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # what a name in the catalog cannot hold


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the catalog names it."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class FileSchema:
    """A classifier's result for one file."""

    classification: str
    columns: tuple[Column, ...]
    compression: str = "none"
    has_header: bool = False
    header_lines: int = 1  # of the file, to the end of its first record
    delimiter: str = ","
    quote: str = '"'
    is_quoted: bool = False
    has_quotes: bool = False  # around some value
    serde: str = ""
    json_path: str | None = None
    json_names: tuple[str, ...] = ()  # of the columns, as the documents write them
    average_record_bytes: int = 1
    sampled_records: int = 0
    record_count: int | None = None  # if the file itself declares it

    @property
    def format_key(self) -> tuple[object, ...]:
        """The properties that two files of one table must share (G20)."""
        return (self.classification, self.compression, self.delimiter, self.has_header, self.json_path)


@dataclass(frozen=True, slots=True)
class ClassifiedFile:
    """An object with its schema."""

    item: S3Object
    schema: FileSchema


def format_parameters(schema: FileSchema) -> tuple[str, str]:
    """The table parameters that a file must match to belong to the table."""
    return schema.classification, schema.compression


def is_storable(path: str) -> bool:
    """Whether the catalog can store a location or a partition's value unchanged."""
    return not _UNSAFE.search(path)


def column_name(found: str, position: int) -> str:
    """Name a column as the catalog can hold it: in lower case, not too long, and never without a name."""
    return _UNSAFE.sub("_", found.lower())[:MAX_COLUMN_NAME] or f"col{position}"


def unique_column_name(name: str, position: int, taken: Container[str]) -> str:
    """Make a repeated column name unique by its position."""
    while name in taken:
        suffix = f"_{position}"
        name = f"{name[: MAX_COLUMN_NAME - len(suffix)]}{suffix}"
        position += 1
    return name


def as_columns(found: Iterable[tuple[str, str]]) -> tuple[Column, ...]:
    """Name columns as the catalog can hold them: in lower case, each once; empty if they are too many."""
    types: dict[str, str] = {}
    for position, (name, kind) in enumerate(found):
        name = column_name(name, position)
        types[name] = merge_names(types.get(name), kind) or STRING
    return tuple(Column(name, kind) for name, kind in types.items()) if len(types) <= MAX_COLUMNS else ()


def are_similar(first: FileSchema, second: FileSchema) -> bool:
    """Whether two files' columns are alike enough for one table (G20): by name, and less by type."""
    types = {column.name: column.type for column in second.columns}
    score = sum(_likeness(column.type, types[column.name]) for column in first.columns if column.name in types)
    return score >= SIMILARITY * max(len(first.columns), len(second.columns))


def _likeness(first: str, second: str) -> float:
    if first == second:
        return 1.0
    return WIDENED if merge_names(first, second) != STRING else DIFFERENT


def merge_columns(schemas: Iterable[FileSchema]) -> tuple[Column, ...]:
    """Lay columns of several files together: all names in order of appearance, types widened."""
    types: dict[str, str] = {}
    for schema in schemas:
        for column in schema.columns:
            types[column.name] = merge_names(types.get(column.name), column.type) or STRING
    return tuple(Column(name, kind) for name, kind in types.items())
