"""One seeded run: a few commands, some under faults, and the ledger that must balance after each and at the end.

Nothing here waits or is random but by the seed. What a command told is compared with what is there, read from memory.
"""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from etl_job.errors import QuartalJobError, UnknownPublicationError
from localstack_glue.faults.plan import FaultPlan, Mode, Rule
from quartal.errors import QuartalError, UnknownOutcomeError
from quartal.feature_export import ExportFormat, export_features
from quartal.lake_files import S3Files
from quartal.maintenance import Lake, files_named_by, maintain
from quartal.query import iceberg_catalog
from quartal.tags import remove_tag, set_tag
from quartal.uploads import UploadOptions, plan_upload, upload

from .moto_lake import BUCKET, DATABASE, DATASET, MotoLake
from .seen import MissingFileError, SeenTable, table_seen
from .thin_job import CURATED, FEATURES, Row, ThinJob, rows_of, split

DELIVERIES = ("2024Q1", "2024Q2", "2024Q3")
_RAW = f"raw/{DATASET}/"
_MANIFESTS = f"deliveries/{DATASET}/"
_READS = ("GetObject", "HeadObject", "ListObjectsV2")
_ARROW = ("CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload")
_LAKE = Lake(f"s3://{BUCKET}", DATABASE, DATASET, (CURATED, FEATURES))
# what can fail in each command; UpdateTable often, as that is where a table can be lost
_CALLS = {
    "upload": [*(("s3", name) for name in ("PutObject", "PutObject", *_READS, *_ARROW)), ("sts", "GetCallerIdentity")],
    "publish": [
        *(("glue", name) for name in ("UpdateTable", "UpdateTable", "UpdateTable", "GetTable", "CreateTable")),
        *(("s3", name) for name in (*_READS, *_ARROW, "PutObject", "PutObject", "DeleteObject", "*")),
    ],
    "tag": [("glue", "UpdateTable"), ("glue", "UpdateTable"), ("glue", "GetTable"), ("s3", "*"), ("s3", "UploadPart")],
    "maintain": [("glue", "UpdateTable"), ("glue", "GetTable"), ("s3", "DeleteObjects"), *(("s3", n) for n in _READS)],
    "export": [("glue", "GetTable"), ("s3", "GetObject"), ("s3", "HeadObject")],
}
_CALLS |= {"withdraw": _CALLS["publish"], "untag": _CALLS["tag"]}
_KINDS = ("publish",) * 4 + ("upload",) * 4 + ("tag",) * 3 + ("untag", "maintain", "maintain", "export", "withdraw")
_EXPECTED = (QuartalError, QuartalJobError, BotoCoreError, ClientError, OSError)
_CUT = (Mode.TRUNCATE, Mode.RESET_MID_ANSWER)


class Told(StrEnum):
    """What a command said of itself."""

    DONE = "done"
    NOT_DONE = "not done"
    UNKNOWN = "unknown"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True)
class Step:
    """A command that was struck, and what came of it."""

    command: str
    service: str
    operation: str
    mode: str
    told: str
    landed: bool


class BrokenPromiseError(AssertionError):
    """The ledger does not balance, or a command told what is not so."""


@dataclass
class Model:
    """What ought to be there."""

    raw: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    unsure: bool = False


class Sequence:
    """The commands of one seed on a lake that has two published deliveries."""

    def __init__(self, lake: MotoLake, seed: int) -> None:
        self.lake, self.seed = lake, seed
        self.draw = random.Random(f"sequence/{seed}")
        self.model = Model()
        self.steps: list[Step] = []
        self._folder = Path(tempfile.mkdtemp(prefix="faults-"))
        self._runs = 0
        self.last_plan: FaultPlan | None = None

    def play(self) -> list[Step]:
        """All of it. Raises BrokenPromiseError."""
        try:
            self._play()
        finally:
            self.lake.proxy.plan = None
            shutil.rmtree(self._folder, ignore_errors=True)
        return self.steps

    def _play(self) -> None:
        self._begin()
        published = False
        for _ in range(self.draw.choice((1, 2, 2))):
            kind = self.draw.choice(_KINDS)
            plan = self.last_plan = self._plan(kind)
            told, landed = getattr(self, f"_{kind}")(plan)
            for call, rule in plan.struck[:1]:
                self.steps.append(Step(kind, call.service, call.operation, rule.mode, told, landed))
            self._check_files(kind)
            published = published or kind in ("publish", "withdraw", "upload")
        if published:
            self._heal()
            self._balance()
        if self.draw.random() < 0.4:
            self._clean()

    # ------------------------------------------------------------------------ commands

    def _begin(self) -> None:
        self.lake.begin_with(self._published_lake)
        self.model.raw = {key: content for key, content in self.lake.objects().items() if key.startswith(_RAW)}

    @staticmethod
    def _published_lake(lake: MotoLake) -> None:
        """The state that every sequence begins with; made once."""
        lake.s3.put_object(Bucket=BUCKET, Key=f"{_RAW}delivery={DELIVERIES[0]}/part.csv", Body=_csv([(1, 1), (2, 2)]))
        lake.s3.put_object(
            Bucket=BUCKET, Key=f"{_RAW}delivery={DELIVERIES[1]}/part.csv", Body=_csv([(2, 40), (3, 41), (-1, 42)])
        )
        ThinJob(lake.proxy.endpoint, f"jr_{0:032x}").run()
        ThinJob(lake.proxy.endpoint, f"jr_{1:032x}").run()

    def _upload(self, plan: FaultPlan) -> tuple[Told, bool]:
        name = self.draw.choice(DELIVERIES)
        content = self._content()
        before, key = self.lake.objects().get(self._key(name)), self._key(name)
        error = self._send({key: content}, plan)
        there = self.lake.objects().get(key)
        if there not in (before, content):
            raise BrokenPromiseError(f"{key} is neither what it was nor what was sent")
        if error is None and there != content:
            raise BrokenPromiseError(f"upload said done, and {key} is not what was sent")
        if error is None:
            self._check_delivery_manifest(name)
        if content != before and there == content:
            self.model.withdrawn.discard(name)
        if there is not None:
            self.model.raw[key] = there
        return _told(error), there == content

    def _publish(self, plan: FaultPlan) -> tuple[Told, bool]:
        name = self.draw.choice(DELIVERIES)
        key, content = self._key(name), self._content()
        self.lake.put(key, content)
        self.model.raw[key] = content
        self.model.withdrawn.discard(name)
        return self._run(plan)

    def _withdraw(self, plan: FaultPlan) -> tuple[Told, bool]:
        name = DELIVERIES[0]
        told, landed = self._run(plan, (name,))
        if landed:
            self.model.withdrawn.add(name)
        return told, landed

    def _run(self, plan: FaultPlan, withdraw: tuple[str, ...] = ()) -> tuple[Told, bool]:
        self._runs += 1
        job = ThinJob(self.lake.proxy.endpoint, f"jr_{self._runs + 1:032x}")
        curated_before = self._table(CURATED).snapshot_id
        error = self._attempt(lambda: job.run(withdraw), plan)
        curated, features = self._table(CURATED), self._table(FEATURES)
        landed = job.run_id in curated.runs
        if error is None and job.counts and not (landed and job.run_id in features.runs):
            raise BrokenPromiseError("the run said SUCCEEDED, and its commits are not there")
        if not isinstance(error, UnknownPublicationError):
            for name, claims, there in (
                ("curated", job.landed.curated, landed),
                ("features", job.landed.features, job.run_id in features.runs),
            ):
                if claims != there:
                    raise BrokenPromiseError(f"the run believes {name} landed: {claims}; it did: {there} ({error!r})")
        if isinstance(error, QuartalJobError) and "another run" in str(error):
            raise BrokenPromiseError(f"there was no other run: {error}")
        if not landed and curated.snapshot_id != curated_before:
            raise BrokenPromiseError("curated changed without its run's id")
        told = Told.UNKNOWN if isinstance(error, UnknownPublicationError) else _told(error)
        if error is not None and landed:
            self.model.unsure = True  # the last manifest does not tell of it
        return told, landed

    def _tag(self, plan: FaultPlan) -> tuple[Told, bool]:
        features, name = self._table(FEATURES), f"model-{self.draw.randrange(4)}"
        snapshot_id = features.snapshot_id or 0
        if name in features.tags:
            return self._untag(plan, name)

        def tag() -> None:
            set_tag(self._load(), name, snapshot_id)

        error = self._attempt(tag, plan)
        landed = self._table(FEATURES).tags.get(name) == snapshot_id
        self._check_told(f"tag {name}", error, landed)
        if landed:
            self.model.tags[name] = features.rows(snapshot_id)
        return _told(error), landed

    def _untag(self, plan: FaultPlan, name: str = "") -> tuple[Told, bool]:
        name = name or next(iter(self.model.tags), "")
        if not name:
            return self._tag(plan)
        error = self._attempt(lambda: remove_tag(self._load(), name), plan)
        landed = name not in self._table(FEATURES).tags
        self._check_told(f"removal of tag {name}", error, landed)
        if landed:
            self.model.tags.pop(name, None)
        return _told(error), landed

    def _maintain(self, plan: FaultPlan) -> tuple[Told, bool]:
        cutoff = datetime.now(UTC) + timedelta(hours=1)

        def keep() -> None:
            files = S3Files(self.lake.s3)
            maintain(_LAKE, iceberg_catalog(self.lake.connection), files, cutoff, dry_run=False)

        error = self._attempt(keep, plan)
        orphans = self._orphans()
        if error is None and orphans:
            raise BrokenPromiseError(f"maintenance said done, and left {sorted(orphans)}")
        return _told(error), not orphans

    def _export(self, plan: FaultPlan) -> tuple[Told, bool]:
        features, folder = self._table(FEATURES), self._folder / "export"
        shutil.rmtree(folder, ignore_errors=True)
        snapshot_id = features.snapshot_id or 0
        error = self._attempt(
            lambda: export_features(self._load(), snapshot_id, "main", folder, ExportFormat.CSV), plan
        )
        if folder.exists():
            found = sorted(tuple(row) for file in folder.glob("*.csv") for row in list(csv.reader(file.open()))[1:])
            if found != sorted(tuple(map(str, row)) for row in features.rows()):
                raise BrokenPromiseError("the export is not what the table holds")
        self._check_told("export", error, folder.exists())
        if list(self._folder.glob(".export*")):
            raise BrokenPromiseError("the export left an unfinished folder")
        return _told(error), folder.exists()

    # ------------------------------------------------------------------------ at the end

    def _heal(self) -> None:
        """Faults are lifted: the same commands again must bring everything to where it ought to be."""
        error = self._send(dict(self.model.raw), None)
        if error is not None:
            raise BrokenPromiseError(f"upload fails without any fault: {error!r}")
        for name in sorted({self._delivery(key) for key in self.model.raw}):
            self._check_delivery_manifest(name)
        told, _ = self._run(FaultPlan())
        if told is not Told.DONE:
            raise BrokenPromiseError("a run fails without any fault")
        self._check_files("heal")

    def _balance(self) -> None:
        """Rows in are rows kept, quarantined and duplicate: by delivery, by key, and in the tables."""
        objects = self.lake.objects()
        last = json.loads(objects[max(key for key in objects if key.startswith(f"runs/{DATASET}/"))])
        withdrawn = {name for name, state in last["published"].items() if state["withdrawn"]}
        if not self.model.unsure and withdrawn != self.model.withdrawn:
            raise BrokenPromiseError(f"withdrawn are {withdrawn}, not {self.model.withdrawn}")
        rows: dict[str, list[Row]] = {}
        for key, content in self.model.raw.items():
            if (name := self._delivery(key)) not in withdrawn:
                rows.setdefault(name, []).extend(rows_of(content))
        splits = split(rows)
        expected = sorted((name, *row) for name, of_it in splits.items() for row in of_it.kept)
        curated = self._table(CURATED)
        if curated.rows() != expected:
            raise BrokenPromiseError(f"curated holds {curated.rows()}, not {expected}")
        days = sorted(day for _, _, day in expected)
        if sum(row[2] for row in self._table(FEATURES).rows()) != len(days):
            raise BrokenPromiseError("features are not those of curated")
        for name, of_it in splits.items():
            bad = [key for key in objects if key.startswith(f"quarantine/{DATASET}/delivery={name}/")]
            held = sum(_ids_in(objects[key]) for key in bad)
            if len(rows[name]) != len(of_it.kept) + held + of_it.duplicates:
                raise BrokenPromiseError(f"{name}: {len(rows[name])} rows in, {held} in quarantine, {of_it}")

    def _clean(self) -> None:
        told, _ = self._maintain(FaultPlan())
        if told is not Told.DONE:
            raise BrokenPromiseError("maintenance fails without any fault")
        self._check_files("maintenance")
        left = [key for key in self.lake.open_uploads() if key.startswith(_RAW)]
        if left:
            raise BrokenPromiseError(f"uploads stay open: {left}")

    # ------------------------------------------------------------------------ what is there

    def _check_files(self, after: str) -> None:
        """Everything that tables, tags and registers name is there and holds what it held."""
        try:
            for name in (CURATED, FEATURES):
                table = self._table(name)
                table.named()
                table.rows()
            features = self._table(FEATURES)
            for tag, rows in self.model.tags.items():
                if tag not in features.tags or features.rows(features.tags[tag]) != rows:
                    raise BrokenPromiseError(f"tag {tag} does not hold what it held")
            self._check_registers()
        except MissingFileError as error:
            raise BrokenPromiseError(f"after {after}: {error}") from error

    def _check_registers(self) -> None:
        table, objects = self._table(CURATED), self.lake.objects()
        named = json.loads(table.table.properties.get("quartal.key-registers", "{}"))
        counted = json.loads(table.table.properties.get("quartal.key-register-files", "{}"))
        for name, folder in named.items():
            found = [key for key in objects if key.startswith(f"curated/{DATASET}/keys/{folder}/")]
            if len(found) < counted.get(folder, 0):
                raise BrokenPromiseError(f"the register of {name} is gone")
        for name, run in json.loads(table.table.properties.get("quartal.quarantine", "{}")).items():
            if not any(key.startswith(f"quarantine/{DATASET}/delivery={name}/run_id={run}/") for key in objects):
                raise BrokenPromiseError(f"the bad rows of {name} are gone")

    def _check_delivery_manifest(self, name: str) -> None:
        objects = self.lake.objects()
        there = {key for key in objects if key.startswith(f"{_RAW}delivery={name}/")}
        manifest = next((key for key in objects if key.startswith(_MANIFESTS) and name in key), None)
        text = objects[manifest].decode() if manifest else ""
        missing = [key for key in there if key.rpartition("/")[2] not in text]
        if missing or manifest is None:
            raise BrokenPromiseError(f"the manifest of delivery {name} lacks {missing or 'everything'}")

    def _orphans(self) -> set[str]:
        objects = self.lake.objects()
        found = set()
        for name, folder in ((CURATED, "curated"), (FEATURES, "features")):
            table = self._table(name).table
            named = files_named_by(table)
            found |= {
                key for key in objects if key.startswith(f"{folder}/{DATASET}/") and f"{BUCKET}/{key}" not in named
            }
        return found

    def _table(self, name: str) -> SeenTable:
        try:
            found = table_seen(name, self.lake.objects())
        except MissingFileError as error:
            raise BrokenPromiseError(f"{name} cannot be read: {error}") from error
        if found is None:
            raise BrokenPromiseError(f"{name} is gone")
        return found

    def _load(self) -> Any:
        return iceberg_catalog(self.lake.connection).load_table((DATABASE, FEATURES))

    def _check_told(self, what: str, error: Exception | None, landed: bool) -> None:
        if error is None and not landed:
            raise BrokenPromiseError(f"{what} said done, and is not")
        if landed and _told(error) is Told.NOT_DONE:
            raise BrokenPromiseError(f"{what} said not done, and is: {error!r}")

    # ------------------------------------------------------------------------ by the seed

    def _attempt(self, command: Callable[[], object], plan: FaultPlan | None) -> Exception | None:
        """Run it under the plan; what a user would be told as an error is returned, anything else is one of ours."""
        try:
            with self.lake.under(plan):
                command()
        except _EXPECTED as error:
            return error
        except Exception as error:
            if plan is None or not any(rule.mode in _CUT for _, rule in plan.struck):
                raise
            return error  # half an answer is told as an unexpected error: it claims nothing
        return None

    def _send(self, contents: dict[str, bytes], plan: FaultPlan | None) -> Exception | None:
        source = self._folder / f"raw-{self.draw.randrange(10**9)}"
        for key, content in contents.items():
            path = source / key.removeprefix(_RAW)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        items = plan_upload([source], raw_prefix=_RAW, delivery=None)
        options = UploadOptions(parallel_files=2)
        return self._attempt(
            lambda: upload(self.lake.connection, BUCKET, items, manifest_prefix=_MANIFESTS, options=options), plan
        )

    def _plan(self, kind: str) -> FaultPlan:
        draw = self.draw
        if draw.random() < 0.1:
            return FaultPlan()
        service, operation = draw.choice(_CALLS[kind])
        nth = (
            1
            if operation in ("UpdateTable", "DeleteObjects", "GetCallerIdentity") and draw.random() < 0.5
            else (draw.choice((1, 1, 2, 2, 3, 4, 6, 8)))
        )
        times = draw.choice((1, 1, 1, 1, 2, 3, None))
        return FaultPlan([Rule(draw.choice(list(Mode)), service, operation, nth=nth, times=times)], self.seed)

    def _content(self) -> bytes:
        numbers = self.draw.sample(range(1, 13), self.draw.randrange(0, 6))
        rows = [(number, self.draw.randrange(120)) for number in numbers]
        rows += [(-1, 5)] * self.draw.choice((0, 0, 1, 2))
        return _csv(rows)

    @staticmethod
    def _key(name: str) -> str:
        return f"{_RAW}delivery={name}/part.csv"

    @staticmethod
    def _delivery(key: str) -> str:
        return key.removeprefix(f"{_RAW}delivery=").partition("/")[0]


def _told(error: Exception | None) -> Told:
    if error is None:
        return Told.DONE
    if not isinstance(error, _EXPECTED):
        return Told.UNEXPECTED
    return Told.UNKNOWN if isinstance(error, UnknownOutcomeError) else Told.NOT_DONE


def _csv(rows: list[tuple[int, int]]) -> bytes:
    lines = [f"{number},{date(2024, 1, 1) + timedelta(days=days)}" for number, days in rows]
    return ("\n".join(["id,day", *lines]) + "\n").encode()


def _ids_in(content: bytes) -> int:
    from pyarrow import parquet

    return int(parquet.read_metadata(io.BytesIO(content)).num_rows)
