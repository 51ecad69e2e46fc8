"""The books: the expected content of the lake, compared with the actual content in memory.

This module makes no calls to the lake and does not use the product's own code for the comparison.
"""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from awscrt.checksums import crc64nvme
from pyarrow import parquet

from .moto_lake import MotoLake
from .names import BUCKET, DATASET
from .seen import MissingFileError, SeenTable, table_seen
from .thin_job import CURATED, FEATURES, Row, parse_rows, quarter_of, split

RAW = f"raw/{DATASET}/"
MANIFESTS = f"deliveries/{DATASET}/"
RUNS = f"runs/{DATASET}/"
_QUARTER = re.compile(r"\d{4}Q[1-4]")
_LINES = {CURATED: f"curated/{DATASET}/", FEATURES: f"features/{DATASET}/"}


class BrokenPromiseError(AssertionError):
    """The ledger does not balance, or a command recorded something false."""


@dataclass
class Model:
    """The expected state: raw files, rows of each tag, and withdrawn deliveries with their files at the time.

    ``unsure`` has the deliveries that may or may not be withdrawn.
    """

    raw: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    withdrawn: dict[str, dict[str, bytes]] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)

    def raw_files(self, name: str) -> dict[str, bytes]:
        """The raw files of a delivery."""
        return {key: content for key, content in self.raw.items() if delivery_name(key) == name}


class Books:
    """Compares a lake with its model. Each check raises BrokenPromiseError."""

    def __init__(self, lake: MotoLake, model: Model) -> None:
        self._lake, self._model = lake, model

    def table(self, name: str) -> SeenTable:
        """Find a table, which must exist and be readable."""
        try:
            found = table_seen(name, self._lake.objects())
        except MissingFileError as error:
            raise BrokenPromiseError(f"{name} cannot be read: {error}") from error
        if found is None:
            raise BrokenPromiseError(f"{name} is gone")
        return found

    def check_files(self, after: str) -> None:
        """Check that all files of tables, tags and registers exist with their previous content."""
        try:
            for name in (CURATED, FEATURES):
                table = self.table(name)
                table.named()
                table.rows()
            features = self.table(FEATURES)
            for tag, rows in self._model.tags.items():
                if tag not in features.tags or features.rows(features.tags[tag]) != rows:
                    raise BrokenPromiseError(f"tag {tag} does not hold what it held")
            self._check_quarters(features)
            self._check_registers()
        except MissingFileError as error:
            raise BrokenPromiseError(f"after {after}: {error}") from error
        self._check_what_manifests_say()

    def _check_quarters(self, features: SeenTable) -> None:
        """Check that the tag of each quarter holds all days up to its end and none of a later quarter."""
        rows = features.rows()
        for tag, snapshot_id in features.tags.items():
            if _QUARTER.fullmatch(tag) and features.rows(snapshot_id) != [row for row in rows if row[0] <= tag]:
                raise BrokenPromiseError(f"tag {tag} does not hold what there is up to that quarter")

    def check_balance(self) -> None:
        """Check that kept, quarantined and duplicate rows add up to the input, in the tables and in the manifests."""
        objects = self._lake.objects()
        last = json.loads(objects[max(key for key in objects if key.startswith(RUNS))])
        withdrawn = self._check_withdrawn(last)
        rows: dict[str, list[Row]] = {}
        for key, content in self._model.raw.items():
            if (name := delivery_name(key)) not in withdrawn:
                rows.setdefault(name, []).extend(parse_rows(content))
        splits = split(rows)
        expected = sorted((name, *row) for name, of_it in splits.items() for row in of_it.kept)
        curated = self.table(CURATED)
        if curated.rows() != expected:
            raise BrokenPromiseError(f"curated holds {curated.rows()}, not {expected}")
        self._check_features([day for _, _, day in expected])
        named = json.loads(curated.table.properties.get("quartal.quarantine", "{}"))  # for readers of bad rows
        for name, of_it in splits.items():
            folder = f"quarantine/{DATASET}/delivery={name}/run_id={named.get(name)}/"
            held = sum(_rows_in(content) for key, content in objects.items() if key.startswith(folder))
            if len(rows[name]) != len(of_it.kept) + held + of_it.duplicates:
                raise BrokenPromiseError(f"{name}: {len(rows[name])} rows in, {held} in quarantine, {of_it}")
            recorded = self._read_counts(name, last["published"][name]["run_id"])
            counted = (len(rows[name]), len(of_it.kept), len(of_it.quarantined), of_it.duplicates)
            if recorded != counted:
                raise BrokenPromiseError(f"{name}: the manifests count {recorded}, and there are {counted}")
        self._check_inputs(last, set(splits))
        if last["curated_snapshot_id"] != curated.snapshot_id:
            raise BrokenPromiseError("the last manifest names another snapshot of the curated table")

    def check_delivery_manifest(self, name: str) -> None:
        """Check that a finished upload has recorded each file of the delivery with its size and checksum."""
        objects = self._lake.objects()
        content = objects.get(f"{MANIFESTS}{name}.json")
        if content is None:
            raise BrokenPromiseError(f"delivery {name} has no manifest")
        files = json.loads(content)["files"]
        there = {key for key in objects if key.startswith(f"{RAW}delivery={name}/")}
        if set(files) != there:
            raise BrokenPromiseError(f"the manifest of delivery {name} names {sorted(files)}, and there are {there}")
        for key in there:
            if not self._is_recorded(files[key], key, objects[key]):
                raise BrokenPromiseError(f"the manifest of delivery {name} has {files[key]} for {objects[key]!r}")

    def check_no_uploads_stay_open(self) -> None:
        """Check that no multipart upload of a raw file is open."""
        left = [key for key in self._lake.open_uploads() if key.startswith(RAW)]
        if left:
            raise BrokenPromiseError(f"uploads stay open: {left}")

    def orphans(self) -> set[str]:
        """The files of tables that nothing refers to."""
        objects = self._lake.objects()
        named = {uri.removeprefix(f"s3://{BUCKET}/") for name in _LINES for uri in self.table(name).named()}
        folders = [f"{_LINES[CURATED]}keys/{folder}/" for folder in self._registers().values()]
        below = [key for key in objects if key.startswith(tuple(_LINES.values()))]
        return {key for key in below if key not in named and not key.startswith(tuple(folders))}

    def _check_withdrawn(self, last: dict[str, Any]) -> set[str]:
        model = self._model
        found = {name for name, state in last["published"].items() if state["withdrawn"]}
        wanted = {name for name, files in model.withdrawn.items() if files == model.raw_files(name)}
        if found - model.unsure != wanted - model.unsure:
            raise BrokenPromiseError(f"withdrawn are {sorted(found)}, not {sorted(wanted)}")
        return found

    def _check_features(self, days: list[date]) -> None:
        wanted = sorted((quarter_of(day), day, days.count(day)) for day in set(days))
        found = self.table(FEATURES).rows()
        if found != wanted:
            raise BrokenPromiseError(f"features hold {found}, not {wanted}")

    def _check_inputs(self, last: dict[str, Any], names: set[str]) -> None:
        """Check that each published delivery names the existing files by size and ETag."""
        etags = self._lake.etags()
        for name in names:
            recorded = {(each["uri"], each["size_bytes"], each["etag"].strip('"')) for each in _inputs(last, name)}
            there = {
                (f"s3://{BUCKET}/{key}", len(content), etags[key].strip('"'))
                for key, content in self._model.raw_files(name).items()
            }
            if recorded != there:
                raise BrokenPromiseError(f"{name}: the last manifest names {recorded}, and there are {there}")

    def _read_counts(self, name: str, run_id: str) -> tuple[int, ...] | None:
        content = self._lake.objects().get(f"{RUNS}{run_id}.json")
        counts = json.loads(content)["deliveries"] if content else ()
        members = ("rows_in", "kept", "quarantined", "duplicates")
        found = [tuple(each[member] for member in members) for each in counts if each["delivery"] == name]
        return found[0] if found else None

    def _registers(self) -> dict[str, str]:
        return dict(json.loads(self.table(CURATED).table.properties.get("quartal.key-registers", "{}")))

    def _check_registers(self) -> None:
        properties, objects = self.table(CURATED).table.properties, self._lake.objects()
        counted = json.loads(properties.get("quartal.key-register-files", "{}"))
        for name, folder in self._registers().items():
            found = [key for key in objects if key.startswith(f"curated/{DATASET}/keys/{folder}/")]
            if len(found) < counted.get(folder, 0):
                raise BrokenPromiseError(f"the register of {name} is gone")
        for name, run in json.loads(properties.get("quartal.quarantine", "{}")).items():
            if not any(key.startswith(f"quarantine/{DATASET}/delivery={name}/run_id={run}/") for key in objects):
                raise BrokenPromiseError(f"the bad rows of {name} are gone")

    def _check_what_manifests_say(self) -> None:
        """Check that manifests are true for objects that still exist, and that their sums are correct."""
        objects, etags = self._lake.objects(), self._lake.etags()
        for key, content in objects.items():
            if key.startswith(MANIFESTS):
                for of_it, entry in json.loads(content)["files"].items():
                    is_it = of_it in objects and entry["etag"].strip('"') == etags[of_it].strip('"')
                    if is_it and not self._is_recorded(entry, of_it, objects[of_it]):
                        raise BrokenPromiseError(f"{key} has {entry} for {objects[of_it]!r}")
            if key.startswith(RUNS):
                for counts in json.loads(content)["deliveries"]:
                    if counts["rows_in"] != counts["kept"] + counts["quarantined"] + counts["duplicates"]:
                        raise BrokenPromiseError(f"{key} does not add up: {counts}")

    def _is_recorded(self, entry: dict[str, Any], key: str, content: bytes) -> bool:
        checksum = base64.b64encode(crc64nvme(content).to_bytes(8, "big")).decode()
        recorded = (entry["size_bytes"], entry["crc64nvme"], entry["source_crc64nvme"], entry["etag"].strip('"'))
        return recorded == (len(content), checksum, checksum, self._lake.etags()[key].strip('"'))


def delivery_name(key: str) -> str:
    """The delivery of a raw file's key."""
    return key.removeprefix(f"{RAW}delivery=").partition("/")[0]


def _inputs(manifest: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return list(manifest["published"][name]["inputs"])


def _rows_in(content: bytes) -> int:
    return int(parquet.read_metadata(io.BytesIO(content)).num_rows)
