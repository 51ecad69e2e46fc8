"""The features as CSV, one file per quarter at a path that never changes, for readers without Iceberg.

The files are ``exports/<dataset>/features/<quarter>.csv``; ``exports/<dataset>/features.manifest.json`` lists them in
the form that QuickSight's S3 data source requires. Each object is replaced whole.
``exports/<dataset>/features.state.json`` has the data files that each CSV was made from, and its etag: a quarter is
written again if one of them differs. So if an export was interrupted or skipped, or if its files were overwritten by
another run or by somebody else, the next export repairs it.

Runs that overlap write the same files. So each run looks at the table once more after its last write, and exports again
if the table has changed: whichever run ends last, the files match the table.
https://docs.aws.amazon.com/quicksight/latest/user/supported-manifest-file-format.html
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.csv
from pydantic import BaseModel, ValidationError

from etl_job.lake.files import ObjectStore
from etl_job.lake.paths import LakePaths
from etl_job.manifest.model import CsvExport
from etl_job.tables.iceberg_state import DataFile
from etl_job.tables.table_commit import PublishedIceberg

_CSV_OF_A_QUARTER = re.compile(r"(\d{4}Q[1-4])\.csv")


class _Exported(BaseModel):
    """A quarter's CSV: a fingerprint of the data files that it was made from, and the etag of the written object."""

    data: str
    etag: str


class _State(BaseModel):
    """The state that the last export recorded."""

    quarters: dict[str, _Exported]


def export_csv(table: PublishedIceberg, store: ObjectStore, lake_root: str, dataset: str) -> CsvExport:
    """Update the CSV files from the table. Returns the written and the removed files."""
    location = f"{LakePaths(lake_root, dataset).exports}/features"
    done = _export(table, store, location)
    while (current := table.as_it_is_now()).snapshot_id != table.snapshot_id and not current.is_older_than(table):
        table = current
        done = _together(done, _export(table, store, location))
    return done


def _export(table: PublishedIceberg, store: ObjectStore, location: str) -> CsvExport:
    state_uri, manifest_uri = f"{location}.state.json", f"{location}.manifest.json"
    now, there = _fingerprints(table.data_files()), _etags(store, location)
    known = {
        quarter: each for quarter, each in _read_state(store, state_uri).items() if each.etag == there.get(quarter)
    }
    written = [quarter for quarter in sorted(now) if quarter not in known or known[quarter].data != now[quarter]]
    removed = [quarter for quarter in sorted(there) if quarter not in now]
    for quarter, rows in table.read_partitions(written) if written else ():
        etag = _write_quarter(rows, store, csv_uri(location, quarter))
        known[quarter] = _Exported(data=now[quarter], etag=etag)
    manifest = quicksight_manifest(csv_uri(location, quarter) for quarter in sorted(now))
    before = None
    with suppress(FileNotFoundError):
        before = store.read(manifest_uri)
    if before != manifest:
        store.write(manifest_uri, manifest)
    store.delete_all([csv_uri(location, quarter) for quarter in removed])
    if written or removed:
        state = _State(quarters={quarter: known[quarter] for quarter in sorted(now)})
        store.write(state_uri, state.model_dump_json(indent=2).encode())
    return CsvExport(manifest=manifest_uri, written=tuple(written), removed=tuple(removed))


def _together(first: CsvExport, second: CsvExport) -> CsvExport:
    """The combined result of two exports, one after the other."""
    written = {*first.written, *second.written} - {*second.removed}
    removed = {*first.removed, *second.removed} - {*second.written}
    return CsvExport(manifest=second.manifest, written=tuple(sorted(written)), removed=tuple(sorted(removed)))


def csv_uri(location: str, quarter: str) -> str:
    """The URI of a quarter's CSV."""
    return f"{location}/{quarter}.csv"


def quicksight_manifest(uris: Iterable[str]) -> bytes:
    """The manifest that QuickSight's S3 data source reads."""
    manifest = {
        "fileLocations": [{"URIs": list(uris)}],
        "globalUploadSettings": {"format": "CSV", "delimiter": ",", "textqualifier": '"', "containsHeader": "true"},
    }
    return (json.dumps(manifest, indent=2) + "\n").encode()


def _write_quarter(rows: pa.RecordBatchReader, store: ObjectStore, uri: str) -> str:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "part.csv"
        with rows, pa.csv.CSVWriter(file, rows.schema) as writer:
            for batch in rows:
                writer.write_batch(batch)
        return store.upload(uri, file)


def _etags(store: ObjectStore, location: str) -> dict[str, str]:
    """The etags of the CSV files that exist, by quarter."""
    found = {file.uri.rpartition("/")[2]: file.etag for file in store.list_files(f"{location}/")}
    return {match[1]: etag for name, etag in found.items() if (match := _CSV_OF_A_QUARTER.fullmatch(name))}


def _fingerprints(files: Iterable[DataFile]) -> dict[str, str]:
    uris: dict[str, list[str]] = defaultdict(list)
    for file in files:
        uris[file.partition].append(file.uri)
    return {quarter: hashlib.sha256("\n".join(sorted(found)).encode()).hexdigest() for quarter, found in uris.items()}


def _read_state(store: ObjectStore, uri: str) -> dict[str, _Exported]:
    """The state that the last export recorded; empty if it cannot be read, so that everything is written again."""
    try:
        return _State.model_validate_json(store.read(uri)).quarters
    except (FileNotFoundError, ValidationError):
        return {}
