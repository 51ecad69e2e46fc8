"""Sample files and folders. The first bytes show what a file is; all files of a feed must have one form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, chain
from pathlib import Path
from typing import Any

from quartal.contracts.drafting.csv_sample import csv_sample
from quartal.contracts.drafting.file_pieces import read_pieces
from quartal.contracts.drafting.json_sample import is_json, json_sample
from quartal.contracts.drafting.sample import Declared, Sample, SampledColumn
from quartal.contracts.drafting.typed_sample import parquet_sample
from quartal.contracts.model import is_name_in_a_file
from quartal.contracts.other_kinds import LOOKED_AT_BYTES, refuse_other_kind, refuse_stream
from quartal.contracts.row_judge import why_left_out
from quartal.core.errors import ConfigurationError

_MOST_FILES = 12  # of a folder, that are looked into


def read_sample(source: Path, *, everything: bool = False) -> Sample:
    """Sample a file, or the files of a folder and its subfolders.

    Raises:
        ConfigurationError: there is no file, one cannot be read, or the files of a folder differ in form.
    """
    return _with_names_of_contracts(_of_folder(source, everything) if source.is_dir() else _of_file(source, everything))


def _with_names_of_contracts(sample: Sample) -> Sample:
    """The sample without the texts of columns whose names are not valid in a contract."""
    columns = tuple(
        column if why is None else SampledColumn(column.name, ("",) * len(column.texts), unread=f"its name {why}")
        for column, why in ((column, _why_no_name(column.name)) for column in sample.columns)
    )
    return replace(sample, columns=columns)


def _why_no_name(name: str) -> str | None:
    """Why a contract cannot name a column so; None if it can."""
    if name and not is_name_in_a_file(name):
        return "is not valid in a contract"
    return "has spaces around it, which no contract keeps" if name != name.strip() else None


def _of_folder(source: Path, everything: bool) -> Sample:
    files = sorted(
        path
        for path in source.rglob("*")
        if path.is_file() and why_left_out(path.relative_to(source).as_posix(), path.stat().st_size) is None
    )
    if not files:
        raise ConfigurationError(
            f"{source} has no files.", remedy="Name a file of the feed, or a folder of such files."
        )
    chosen = files if everything or len(files) <= _MOST_FILES else files[:: -(-len(files) // _MOST_FILES)]
    samples = [_of_file(path, everything, may_lack_rows=len(chosen) > 1) for path in chosen]
    if not any(sample.rows for sample in samples):
        raise ConfigurationError(
            f"No sampled file of {source} has rows.", remedy="Name a folder with rows of the feed."
        )
    found = _together(str(source), samples, is_whole=len(chosen) == len(files))
    return replace(found, files=tuple(files))


def _of_file(path: Path, everything: bool, *, may_lack_rows: bool = False) -> Sample:
    refuse_stream(path)
    try:
        with path.open("rb") as file:
            beginning = file.read(LOOKED_AT_BYTES)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}.", remedy="Name a file of the feed, or a folder of such files."
        ) from error
    if beginning.startswith(b"PAR1"):
        return parquet_sample(path, everything=everything)
    refuse_other_kind(path, beginning)
    pieces = read_pieces(path, everything=everything)
    refuse_other_kind(path, pieces.contents[0])  # gzip may hold it
    return json_sample(path, pieces) if is_json(pieces) else csv_sample(path, pieces, may_lack_rows=may_lack_rows)


def _together(source: str, samples: Sequence[Sample], *, is_whole: bool) -> Sample:
    """Join the samples of several files by column name; a file may lack some columns."""
    samples = _in_one_western_encoding(samples)
    first, form = samples[0], _file_format(samples)
    for other in samples[1:]:
        alike = {name: form.get(name) for name in other.unshown}
        if other.format is not first.format or _strict({**other.csv, **alike}) != _strict(form):
            raise ConfigurationError(
                f"The files of {source} differ in form: {first.source} is {_form_shown(first)}, but {other.source} is "
                f"{_form_shown(other)}.",
                remedy="Draft from one of them: all files of a feed must have the same form.",
            )
    names = list(dict.fromkeys(column.name for sample in samples for column in sample.columns))
    by_file = [{column.name: column for column in sample.columns} for sample in samples]
    columns = tuple(_joined(name, samples, [found.get(name) for found in by_file]) for name in names)
    starts = accumulate((sample.rows for sample in samples), initial=0)
    return replace(
        first,
        source=source,
        columns=columns,
        csv=form,
        is_whole=is_whole and all(sample.is_whole for sample in samples),
        malformed=sum(sample.malformed for sample in samples),
        malformed_example=next((sample.malformed_example for sample in samples if sample.malformed), ""),
        undecodable=frozenset(
            start + row for start, sample in zip(starts, samples, strict=False) for row in sample.undecodable
        ),
        optional=frozenset(name for name in names if not all(name in found for found in by_file)),
        notes=tuple(dict.fromkeys(chain.from_iterable(sample.notes for sample in samples))),
    )


def _in_one_western_encoding(samples: Sequence[Sample]) -> Sequence[Sample]:
    """The samples with windows-1252 instead of ISO-8859-1, its subset, if some files need it."""
    if all(sample.csv.get("encoding") != "windows-1252" for sample in samples):
        return samples
    return [
        replace(sample, csv={**sample.csv, "encoding": "windows-1252"})
        if sample.csv.get("encoding") == "ISO-8859-1"
        else sample
        for sample in samples
    ]


def _file_format(samples: Sequence[Sample]) -> dict[str, Any]:
    """The form of the files: that of the first, completed from files that show what it does not."""
    form: dict[str, Any] = dict(samples[0].csv)
    for name in samples[0].unshown:
        shown = next((sample for sample in samples if name not in sample.unshown), samples[0])
        form.pop(name, None)
        form |= {name: shown.csv[name]} if name in shown.csv else {}
    if any(sample.csv.get("multiLine") for sample in samples):
        form["multiLine"] = True
    return form


def _strict(form: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of the form that must be the same in all files."""
    return {name: value for name, value in form.items() if name != "multiLine" and value is not None}


def _form_shown(sample: Sample) -> str:
    options = [f"{name} {value!r}" for name, value in sample.csv.items()]
    return " ".join([sample.format.value, *([f"({', '.join(options)})"] if options else [])])


def _joined(name: str, samples: Sequence[Sample], found: Sequence[SampledColumn | None]) -> SampledColumn:
    there = [column for column in found if column is not None]
    kinds = {column.declared for column in there}
    if kinds == {Declared.NUMBER, Declared.SHORT_NUMBER}:
        kinds = {Declared.NUMBER}
    texts = tuple(
        chain.from_iterable(
            column.texts if column else ("",) * sample.rows for sample, column in zip(samples, found, strict=True)
        )
    )
    unread = next((column.unread for column in there if column.unread), None)
    if unread is not None:  # in one file, so no contract reads it in all of them
        texts = ("",) * len(texts)
    return SampledColumn(name, texts, kinds.pop() if len(kinds) == 1 else None, unread)
