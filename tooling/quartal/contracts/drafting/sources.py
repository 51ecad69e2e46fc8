"""Samples of files and folders: what each file is shows in its first bytes, and files of one feed are alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from quartal.contracts.drafting.csv_sample import csv_sample
from quartal.contracts.drafting.file_pieces import read_pieces
from quartal.contracts.drafting.json_sample import is_json, json_sample
from quartal.contracts.drafting.sample import Sample, SampledColumn
from quartal.contracts.drafting.typed_sample import parquet_sample
from quartal.core.errors import ConfigurationError

_MOST_FILES = 12  # of a folder, that are looked into
_PACKED = {b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "Zstandard", b"\xfd7zXZ": "xz", b"PK\x03\x04": "ZIP, or a workbook"}


def sample_of(source: Path, *, everything: bool = False) -> Sample:
    """Sample a file, or the files of a folder and of those in it.

    Raises:
        ConfigurationError: there is no file, one cannot be read, or those of a folder are not alike.
    """
    if not source.is_dir():
        return _of_file(source, everything)
    files = sorted(path for path in source.rglob("*") if path.is_file() and not path.name.startswith((".", "_")))
    if not files:
        raise ConfigurationError(
            f"{source} has no files.", remedy="Name a file of the feed, or a folder of such files."
        )
    chosen = files if everything or len(files) <= _MOST_FILES else files[:: -(-len(files) // _MOST_FILES)]
    samples = [_of_file(path, everything) for path in chosen]
    return _together(str(source), samples, is_whole=len(chosen) == len(files))


def _of_file(path: Path, everything: bool) -> Sample:
    try:
        with path.open("rb") as file:
            beginning = file.read(8)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}.", remedy="Name a file of the feed, or a folder of such files."
        ) from error
    if beginning.startswith(b"PAR1"):
        return parquet_sample(path, everything=everything)
    packed = next((name for mark, name in _PACKED.items() if beginning.startswith(mark)), None)
    if packed or (beginning.startswith(b"\x1f\x8b") and not path.name.endswith(".gz")):
        raise ConfigurationError(
            f"{path} is compressed with {packed or 'gzip, which its name hides'}: the job does not unpack it.",
            remedy="Compress it with gzip, under a name that ends in .gz, or not at all.",
        )
    pieces = read_pieces(path, everything=everything)
    return json_sample(path, pieces) if is_json(pieces) else csv_sample(path, pieces)


def _together(source: str, samples: Sequence[Sample], *, is_whole: bool) -> Sample:
    """The rows of several files as one sample: by the names of columns, of which some files may lack some."""
    first = samples[0]
    for other in samples[1:]:
        if (other.format, _strict(other)) != (first.format, _strict(first)):
            raise ConfigurationError(
                f"The files of {source} are not written alike: {first.source} is {_form(first)}, and {other.source} "
                f"{_form(other)}.",
                remedy="Draft from one of them: a feed has files of one form.",
            )
    names = list(dict.fromkeys(column.name for sample in samples for column in sample.columns))
    by_file = [{column.name: column for column in sample.columns} for sample in samples]
    columns = tuple(_joined(name, samples, [found.get(name) for found in by_file]) for name in names)
    form = dict(first.csv)
    if any(sample.csv.get("multiLine") for sample in samples):
        form["multiLine"] = True
    return replace(
        first,
        source=source,
        columns=columns,
        csv=form,
        is_whole=is_whole and all(sample.is_whole for sample in samples),
        malformed=sum(sample.malformed for sample in samples),
        undecodable=sum(sample.undecodable for sample in samples),
        optional=frozenset(name for name in names if not all(name in found for found in by_file)),
        notes=tuple(dict.fromkeys(chain.from_iterable(sample.notes for sample in samples))),
    )


def _strict(sample: Sample) -> dict[str, object]:
    """What may not differ from file to file."""
    return {name: value for name, value in sample.csv.items() if name != "multiLine"}


def _form(sample: Sample) -> str:
    told = [f"{name} {value!r}" for name, value in sample.csv.items()]
    return " ".join([sample.format.value, *([f"({', '.join(told)})"] if told else [])])


def _joined(name: str, samples: Sequence[Sample], found: Sequence[SampledColumn | None]) -> SampledColumn:
    there = [column for column in found if column is not None]
    kinds = {column.declared for column in there}
    texts = tuple(
        chain.from_iterable(
            column.texts if column else ("",) * sample.rows for sample, column in zip(samples, found, strict=True)
        )
    )
    unread = next((column.unread for column in there if column.unread), None)
    return SampledColumn(name, texts, kinds.pop() if len(kinds) == 1 else None, unread)
