"""`quartal quarantine`: the rows that broke a rule, with their place, their raw text and the reasons."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from quartal.core.csv_text import as_csv_text
from quartal.core.errors import AwsError, ConfigurationError, NotDeployedError, PipelineError
from quartal.core.whole_files import write_whole
from quartal.features.table_reading import load_published
from quartal.features.table_records import bad_row_runs
from quartal.runs.manifests import parse_manifest
from quartal.terraform.outputs import Deployment

if TYPE_CHECKING:
    import pyarrow as pa
    from mypy_boto3_s3 import S3Client
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

_RULES_SHOWN = 3
_LOOKS = 2
_COLUMNS = ("delivery", "file", "row_number", "part_offset", "raw", "reasons", "run_id")


@dataclass(frozen=True, slots=True)
class BadRow:
    """A quarantined row.

    Attributes:
        delivery: its delivery.
        file: URI of its file.
        place: its position in the file, if known.
        raw: its text.
        reasons: the rules that it breaks.
        run_id: the run that found it.
    """

    delivery: str
    file: str
    place: str
    raw: str
    reasons: tuple[str, ...]
    run_id: str


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Bad rows, how many match in total, and how many of these break each rule."""

    rows: tuple[BadRow, ...] = ()
    count: int = 0
    by_rule: Mapping[str, int] = field(default_factory=dict)

    def as_records(self) -> list[dict[str, Any]]:
        """One dictionary per row."""
        return [asdict(row) for row in self.rows]

    def as_csv(self, *, spreadsheet_safe: bool = False) -> str:
        """With a header, see `as_csv_text`; several reasons are separated by a blank."""
        rows = ((row.delivery, row.file, row.place, row.raw, " ".join(row.reasons), row.run_id) for row in self.rows)
        return as_csv_text((BadRow.__slots__, *rows), spreadsheet_safe=spreadsheet_safe)


@dataclass(frozen=True, slots=True)
class BadRowFiles:
    """The files with bad rows, either of published deliveries or of runs that a threshold stopped.

    `lost` are the published deliveries that have bad rows, and whose files are not in the lake.
    """

    s3: S3Client
    bucket: str
    keys: tuple[str, ...]
    lost: tuple[str, ...] = ()

    @classmethod
    def published(cls, deployment: Deployment, catalog: Catalog, s3: S3Client) -> BadRowFiles:
        """Those of published deliveries, without the files that killed runs left."""
        bucket, prefix = deployment.lake_bucket, f"quarantine/{deployment.dataset}/"
        for _ in range(_LOOKS):
            runs = quarantine_runs(deployment, catalog)
            found = [(key, of) for key, of, run in _files_below(s3, bucket, prefix) if runs.get(of) == run]
            lost = runs.keys() - {of for _, of in found}
            if not lost:  # else a run may have replaced them between the two calls
                break
        return cls(s3, bucket, tuple(key for key, _ in found), tuple(sorted(lost)))

    @classmethod
    def failed(cls, deployment: Deployment, s3: S3Client) -> BadRowFiles:
        """Those of runs that a threshold stopped."""
        found = _files_below(s3, deployment.lake_bucket, f"quarantine/{deployment.dataset}.failed/")
        return cls(s3, deployment.lake_bucket, tuple(key for key, _, _ in found))

    def find(
        self, *, deliveries: Collection[str] = (), rules: Collection[str] = (), limit: int | None = None
    ) -> Quarantine:
        """The first rows of these deliveries that break one of these rules; empty means all.

        Raises:
            AwsError: a file cannot be read.
            ConfigurationError: none of the deliveries has bad rows, or none breaks one of the rules.
        """
        rows: list[BadRow] = []
        counts: Counter[str] = Counter()
        count, seen, broken = 0, set(), set()
        for table in self._tables():
            for record in table.to_pylist():
                seen.add(record["delivery"])
                if deliveries and record["delivery"] not in deliveries:
                    continue
                reasons = set(record["reasons"] or ())
                broken |= reasons
                if rules and not reasons & set(rules):
                    continue
                counts.update(reasons)
                count += 1
                if limit is None or len(rows) < limit:
                    rows.append(_bad_row(record))
        _refuse_unknown("delivery", deliveries, seen | set(self.lost))
        _refuse_unknown("rule", rules, broken)
        return Quarantine(tuple(rows), count, dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))))

    def describe_lost(self) -> str:
        """What is missing, in a sentence; empty if nothing is."""
        if not self.lost:
            return ""
        return (
            f"The bad rows of {', '.join(self.lost)} are no longer in the lake: a lifecycle rule has expired them, or "
            "somebody has deleted them. A run that processes the delivery again finds them anew."
        )

    def as_table(self) -> pa.Table:
        """All of them, for SQL.

        Raises:
            AwsError: a file cannot be read.
        """
        import pyarrow as pa

        found = tuple(self._tables())
        return pa.concat_tables(found) if found else _schema().empty_table()

    def _tables(self) -> Iterator[pa.Table]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        for key in self.keys:
            delivery, run_id = _partition(key)
            try:
                body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
                read = pq.ParquetFile(pa.BufferReader(body)).read()
                own = {name: read.column(name) for name in read.column_names}
                own |= {"delivery": pa.repeat(delivery, len(read)), "run_id": pa.repeat(run_id, len(read))}
                nothing = pa.nulls(len(read))
                found = pa.table({name: own.get(name, nothing) for name in _COLUMNS}).cast(_schema())
            except (self.s3.exceptions.NoSuchKey, pa.ArrowException, OSError) as error:
                raise AwsError(
                    f"s3://{self.bucket}/{key} cannot be read: {' '.join(str(error).split())[:200]}",
                    remedy="A run may have replaced it in the meantime. Run the command again.",
                ) from error
            yield found


def quarantine_runs(deployment: Deployment, catalog: Catalog) -> Mapping[str, str]:
    """The run that found the bad rows of each published delivery; none before the first run."""
    table = _curated(deployment, catalog)
    return {} if table is None else runs_with_bad_rows(table)


def write_quarantine(found: Quarantine, file: Path, *, spreadsheet_safe: bool) -> None:
    """Write rows to a file, whole or not at all: JSON lines if its name ends in .json or .jsonl, otherwise CSV.

    Raises:
        ConfigurationError: it cannot be written.
    """
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in found.as_records())
    is_json = file.suffix in (".json", ".jsonl")
    try:
        write_whole(file, lines if is_json else found.as_csv(spreadsheet_safe=spreadsheet_safe))
    except OSError as error:
        raise ConfigurationError(
            f"{file} cannot be written: {error.strerror}.", remedy="Name another file with --out."
        ) from error


def why_no_features(deployment: Deployment, catalog: Catalog) -> NotDeployedError | None:
    """Why the features do not exist although a run has published: no row was kept, or the run ended early."""
    curated = _curated(deployment, catalog)
    snapshot = curated.current_snapshot() if curated is not None else None
    if curated is None or snapshot is None:
        return None
    summary = snapshot.summary
    if summary is None or int(summary["total-records"] or 0):
        return NotDeployedError(
            "There are no features yet: a run published the curated table but ended before the features.",
            remedy="The next run computes them first: `quartal run`.",
        )
    runs = runs_with_bad_rows(curated)
    if not runs:
        return None
    rules = _rules_broken(curated, deployment, set(runs.values()))
    return NotDeployedError(
        f"There are no features: no row of {', '.join(sorted(runs))} was kept, all are quarantined{rules}.",
        remedy="`quartal quarantine` shows the rows and the rules that they break. Correct the files, or the contract.",
    )


def _curated(deployment: Deployment, catalog: Catalog) -> Table | None:
    from pyiceberg.exceptions import NoSuchTableError

    try:
        return load_published(catalog, (deployment.database, deployment.curated_table()))
    except NoSuchTableError:
        return None


def runs_with_bad_rows(curated: Table) -> Mapping[str, str]:
    """The run whose folder holds a delivery's bad rows, by delivery, as the curated table's property names them.

    Raises:
        PipelineError: the property is not what the job wrote.
    """
    return bad_row_runs(curated)


def _rules_broken(curated: Table, deployment: Deployment, runs: Collection[str]) -> str:
    """The rules that quarantined rows broke, with counts from the runs' manifests; empty without manifests."""
    lake = curated.location().removesuffix(f"/curated/{deployment.dataset}")
    counts: Counter[str] = Counter()
    for run_id in runs:
        try:
            with curated.io.new_input(f"{lake}/{deployment.manifest_key(run_id)}").open() as file:
                manifest = parse_manifest(file.read(), run_id)
            for delivery in manifest.deliveries:
                counts.update(delivery.violations)
        except (OSError, PipelineError):
            return ""
    listed = ", ".join(f"{rule} {count:,}" for rule, count in counts.most_common(_RULES_SHOWN))
    return f" ({listed})" if listed else ""


def _schema() -> pa.Schema:
    import pyarrow as pa

    text, number = pa.string(), pa.int64()
    types = (text, text, number, number, text, pa.list_(text), text)
    return pa.schema(list(zip(_COLUMNS, types, strict=True)))


def _files_below(s3: S3Client, bucket: str, prefix: str) -> Iterator[tuple[str, str, str]]:
    """Data files with their delivery and run, without Spark's unfinished files."""
    from quartal.deliver.upload.job_files import is_hidden  # what uploads need is slow to load
    from quartal.deliver.upload.transfer import objects_below

    for key, there in objects_below(s3, bucket, prefix).items():
        if key.endswith(".parquet") and there.size_bytes and not is_hidden(key.removeprefix(prefix)):
            yield (key, *_partition(key))


def _partition(key: str) -> tuple[str, str]:
    parts = dict(part.split("=", 1) for part in key.split("/") if "=" in part)
    return unquote(parts.get("delivery", "")), unquote(parts.get("run_id", ""))


def _bad_row(record: Mapping[str, Any]) -> BadRow:
    number, offset = record["row_number"], record["part_offset"]
    place = f"row {number}" if number is not None else f"from byte {offset}" if offset else ""
    reasons = tuple(record["reasons"] or ())
    return BadRow(record["delivery"], record["file"], place, record["raw"] or "", reasons, record["run_id"])


def _refuse_unknown(what: str, wanted: Iterable[str], known: Collection[str]) -> None:
    for name in wanted:
        if name not in known:
            raise ConfigurationError(
                f"There are no quarantined rows for {what} {name}.",
                remedy=f"There are some for: {', '.join(sorted(known)) or 'none'}.",
            )
