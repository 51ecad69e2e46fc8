"""The features as CSV, one file per quarter at a path that never changes, for readers without Iceberg.

``exports/<dataset>/features/<quarter>.csv`` and beside them ``exports/<dataset>/features.manifest.json``, which lists
the files in the form that QuickSight's S3 data source asks for. Each object is replaced whole. Which data files a CSV
was made from is kept in ``exports/<dataset>/features.state.json``: a quarter is written anew only where they differ, so
an export that was cut short, or left out, is made good by the next one.
https://docs.aws.amazon.com/quicksight/latest/user/supported-manifest-file-format.html
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.csv

from etl_job.lake.files import ObjectStore, read_json
from etl_job.lake.paths import LakePaths
from etl_job.manifest.model import CsvExport
from etl_job.tables.iceberg import DataFile, PublishedIceberg


def export_csv(table: PublishedIceberg, store: ObjectStore, lake_root: str, dataset: str) -> CsvExport:
    """Bring the CSV files to what the table holds now; say which were written and which went."""
    location = f"{LakePaths(lake_root, dataset).exports}/features"
    state_uri, manifest_uri = f"{location}.state.json", f"{location}.manifest.json"
    before, now = _read_state(store, state_uri), _fingerprints(table.data_files())
    written = [quarter for quarter in sorted(now) if before.get(quarter) != now[quarter]]
    gone = [quarter for quarter in sorted(before) if quarter not in now]
    if written or gone:
        for quarter in written:
            _write_quarter(table, quarter, store, csv_uri(location, quarter))
        store.write(manifest_uri, quicksight_manifest(csv_uri(location, quarter) for quarter in sorted(now)))
        for quarter in gone:
            store.delete(csv_uri(location, quarter))
        store.write(state_uri, json.dumps(now, indent=2, sort_keys=True).encode())
    return CsvExport(manifest=manifest_uri, written=tuple(written), removed=tuple(gone))


def csv_uri(location: str, quarter: str) -> str:
    """Where a quarter's CSV lies."""
    return f"{location}/{quarter}.csv"


def quicksight_manifest(uris: Iterable[str]) -> bytes:
    """The manifest that QuickSight's S3 data source reads."""
    manifest = {
        "fileLocations": [{"URIs": list(uris)}],
        "globalUploadSettings": {
            "format": "CSV",
            "delimiter": ",",
            "textqualifier": '"',
            "containsHeader": "true",
        },
    }
    return (json.dumps(manifest, indent=2) + "\n").encode()


def _write_quarter(table: PublishedIceberg, quarter: str, store: ObjectStore, uri: str) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "part.csv"
        with table.rows_of(quarter) as rows, pa.csv.CSVWriter(file, rows.schema) as writer:
            for batch in rows:
                writer.write_batch(batch)
        store.upload(uri, file)


def _fingerprints(files: Iterable[DataFile]) -> dict[str, str]:
    uris: dict[str, list[str]] = defaultdict(list)
    for file in files:
        uris[file.partition].append(file.uri)
    return {quarter: hashlib.sha256("\n".join(sorted(found)).encode()).hexdigest() for quarter, found in uris.items()}


def _read_state(store: ObjectStore, uri: str) -> dict[str, str]:
    try:
        state = read_json(store, uri)
    except (FileNotFoundError, ValueError):
        return {}
    return {str(quarter): str(of) for quarter, of in state.items()} if isinstance(state, dict) else {}
