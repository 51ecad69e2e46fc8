"""The files of a table, read by the rules of its SerDe into Arrow."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

import pyarrow
import pyarrow.compute

from localstack_glue.serdes.errors import BadDataError, UnsupportedSerdeError
from localstack_glue.serdes.json_rows import JsonRows, JsonRules
from localstack_glue.serdes.lazy_simple import LazySimple
from localstack_glue.serdes.lines import read_lines
from localstack_glue.serdes.open_csv import OpenCsv, csv_reader
from localstack_glue.serdes.types import HiveType, parse_type
from localstack_glue.serdes.values import value_reader

NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
TEXT_SERDES = ("lazysimpleserde", "opencsvserde", "jsonserde")
NUMBERS = ("tinyint", "smallint", "int", "bigint", "double")
# texts of which there can be no doubt
QUICK = {
    "tinyint": r"^-?[0-9]{1,2}$",
    "smallint": r"^-?[0-9]{1,4}$",
    "int": r"^-?[0-9]{1,9}$",
    "bigint": r"^-?[0-9]{1,18}$",
    "double": r"^-?[0-9]{1,15}(\.[0-9]{1,15})?$",
    "date": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "timestamp": r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?$",
}
_BATCH_ROWS = 1 << 16
_HIVE_JSON = ("org.apache.hive.hcatalog.data.jsonserde", "org.apache.hadoop.hive.serde2.jsonserde")


@dataclass(frozen=True)
class TextTable:
    """A table whose files are text.

    Attributes:
        library: its SerDe's class.
        names: of its columns, without partition keys.
        types: of its columns.
        parameters: of the table and of its SerDe, the SerDe's last.
    """

    library: str
    names: tuple[str, ...]
    types: tuple[HiveType, ...]
    parameters: Mapping[str, str]

    @property
    def schema(self) -> Any:
        """The columns in Arrow's types."""
        pairs = zip(self.names, self.types, strict=True)
        return pyarrow.schema([pyarrow.field(name, kind.arrow()) for name, kind in pairs])

    def batches(self, file: IO[bytes], name: str) -> Iterator[Any]:
        """Read a file.

        Args:
            file: the file as it is stored, open for bytes.
            name: its name, whose suffix shows the compression.

        Yields:
            Record batches of `schema`, some ten thousand rows each.

        Raises:
            BadDataError: a value is not of its column's type, and the SerDe does not make it null.
            MalformedRowError: a line is not a row.
            UnsupportedSerdeError: the file's compression or encoding is not supported here.
        """
        serde = self.library.rsplit(".", 1)[-1].lower()
        if serde == "jsonserde":
            rules = JsonRules.from_parameters(self.parameters, is_hive=self.library.lower() in _HIVE_JSON)
            rows = JsonRows(rules, self.names, self.types).values(read_lines(file, name, self.parameters))
            for batch in _chunks(rows):
                yield self._batch(list(zip(*batch, strict=True)))
            return
        count = len(self.names)
        if serde == "lazysimpleserde":
            lazy = LazySimple.from_parameters(self.parameters)
            fields = lazy.fields(read_lines(file, name, self.parameters, lazy.encoding), count)
            readers = [lazy.reader(kind) for kind in self.types]
        else:
            rules_ = OpenCsv.from_parameters(self.parameters)
            # a line's end cannot be chosen for this SerDe
            csv_parameters = {key: value for key, value in self.parameters.items() if key != "line.delim"}
            fields = rules_.fields(read_lines(file, name, csv_parameters), count)
            nulls = self.parameters.get("use.null.for.invalid.data", "").lower() == "true"
            readers = [_strict_reader(kind, number, is_null=nulls) for number, kind in enumerate(self.types)]
        # plain texts that Arrow reads as Hive does; days and milliseconds of OpenCSVSerde are none
        quick = [
            QUICK.get(kind.kind) if serde == "lazysimpleserde" or kind.kind in NUMBERS else None for kind in self.types
        ]
        for batch in _chunks(fields):
            columns = zip(zip(*batch, strict=True), self.types, readers, quick, strict=True)
            arrays = [_column(texts, kind, read, pattern) for texts, kind, read, pattern in columns]
            yield pyarrow.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _batch(self, columns: Sequence[Sequence[Any]]) -> Any:
        arrays = [pyarrow.array(values, kind.arrow()) for values, kind in zip(columns, self.types, strict=True)]
        return pyarrow.RecordBatch.from_arrays(arrays, schema=self.schema)


def open_table(
    library: str,
    columns: Iterable[tuple[str, str]],
    table_parameters: Mapping[str, str],
    serde_parameters: Mapping[str, str],
) -> TextTable:
    """The reader for the text files of a table.

    Args:
        library: `SerdeInfo.SerializationLibrary`.
        columns: name and Hive type of each column, without partition keys.
        table_parameters: `Table.Parameters`.
        serde_parameters: `SerdeInfo.Parameters`.

    Raises:
        UnsupportedSerdeError: the SerDe, one of its parameters or a column's type is not supported here.
    """
    if library.rsplit(".", 1)[-1].lower() not in TEXT_SERDES:
        raise UnsupportedSerdeError(f"the SerDe {library or 'none'} is not supported here")
    named = [(name, parse_type(kind)) for name, kind in columns]
    parameters = {**table_parameters, **serde_parameters}
    if parameters.get("timestamp.formats"):
        raise UnsupportedSerdeError("timestamp.formats is not supported here")
    return TextTable(library, tuple(name for name, _ in named), tuple(kind for _, kind in named), parameters)


def partition_value(text: str, kind: str) -> Any:
    """A partition's value as its key's type; None for Hive's name of null.

    Raises:
        BadDataError: it is not of that type.
    """
    if text == NULL_PARTITION:
        return None
    value = value_reader(parse_type(kind))(text)
    if value is None:
        raise BadDataError(f"the partition value '{text}' is not of type {kind}")
    return value


def _column(texts: Sequence[str | None], kind: HiveType, read: Callable[[str], Any], quick: str | None) -> Any:
    if read is str:
        return pyarrow.array(texts, pyarrow.string())
    if quick is not None:
        strings = pyarrow.array(texts, pyarrow.string())
        if pyarrow.compute.all(pyarrow.compute.match_substring_regex(strings, quick)).as_py():
            with contextlib.suppress(pyarrow.ArrowInvalid):  # not a valid date
                return strings.cast(kind.arrow())
    known = {text: None if text is None else read(text) for text in set(texts)}
    return pyarrow.array([known[text] for text in texts], kind.arrow())


def _strict_reader(kind: HiveType, number: int, *, is_null: bool) -> Callable[[str], Any]:
    read = csv_reader(kind)
    if read is str:
        return read

    def strictly(text: str) -> Any:
        value = read(text)
        if value is None and not is_null:
            raise BadDataError(f"Error parsing field value '{text}' for field {number}: For input string: \"{text}\"")
        return value

    return strictly


def _chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    source = iter(rows)
    while batch := list(islice(source, _BATCH_ROWS)):
        yield batch
