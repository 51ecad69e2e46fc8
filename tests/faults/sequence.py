"""One seeded run: a few commands, some under faults. The ledger must balance after each one and at the end.

Nothing waits, and only the seed is random. The report of a command is compared with the actual state in memory.
"""

from __future__ import annotations

import csv
import random
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pyiceberg.exceptions import NoSuchTableError

from etl_job.errors import QuartalJobError, UnknownPublicationError
from etl_job.lake.files import S3ObjectStore
from etl_job.manifest.model import RunManifest
from localstack_glue.faults.plan import Call, FaultPlan, Mode, Rule
from quartal.core.errors import PipelineError, QuartalError, UnknownOutcomeError, WatchingError
from quartal.deliver.upload.uploads import UploadOptions, plan_upload, upload
from quartal.features.export import ExportFormat, export_features
from quartal.features.maintenance import Lake, maintain
from quartal.features.query import iceberg_catalog
from quartal.features.tags import State, remove_tag, set_tag
from quartal.runs.start_and_follow import follow_run, start_run

from .books import MANIFESTS, RAW, Books, BrokenPromiseError, Model, delivery_name
from .moto_lake import MotoLake
from .names import BUCKET, DATABASE, DATASET
from .thin_job import CURATED, FEATURES, ThinJob
from .workflow import make_workspace, runs_there

DELIVERIES = ("2024Q1", "2024Q2", "2024Q3")
_READS = ("GetObject", "HeadObject", "ListObjectsV2")
_ARROW = ("CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload")
_LAKE = Lake(f"s3://{BUCKET}", DATABASE, DATASET, (CURATED, FEATURES))
# the operations that can fail in each command; UpdateTable often, because it can lose a table
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
_CALLS |= {"withdraw": _CALLS["publish"], "untag": _CALLS["tag"], "race": _CALLS["publish"]}
_CALLS["start"] = [
    *(("glue", name) for name in ("StartWorkflowRun", "StartWorkflowRun", "GetWorkflowRuns", "GetWorkflowRun")),
    *(("glue", "GetWorkflowRunProperties"), ("logs", "*"), ("s3", "GetObject")),
]
_KINDS = ("publish",) * 4 + ("upload",) * 4 + ("tag",) * 3 + ("start", "start", "race", "race")
_KINDS += ("untag", "maintain", "maintain", "export", "withdraw")
_MOMENTS = (
    ("glue", "UpdateTable"),
    ("glue", "UpdateTable"),
    ("glue", "*"),
    ("s3", "ListObjectsV2"),
    ("s3", "PutObject"),
)
_REFUSED = 0.1  # of the faults
_EXPECTED = (QuartalError, QuartalJobError, BotoCoreError, ClientError, OSError, NoSuchTableError)
_CUT = (Mode.TRUNCATE, Mode.RESET_MID_ANSWER)
_AS_ASKED = (Mode.DENY, Mode.HIDE)  # drawn separately, so that the other seeds play the same as before
_MODES = tuple(mode for mode in Mode if mode not in _AS_ASKED)


class Told(StrEnum):
    """The report of a command."""

    DONE = "done"
    NOT_DONE = "not done"
    UNKNOWN = "unknown"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True)
class Step:
    """A command under a fault, and its result."""

    command: str
    service: str
    operation: str
    mode: str
    told: str
    landed: bool


class Sequence:
    """The commands of one seed, on a lake with two published deliveries."""

    def __init__(self, lake: MotoLake, seed: int) -> None:
        self.lake, self.seed = lake, seed
        self.draw, self._refusals = random.Random(f"sequence/{seed}"), random.Random(f"refusals/{seed}")
        self.model = Model()
        self.books = Books(lake, self.model)
        self.steps: list[Step] = []
        self._folder = Path(tempfile.mkdtemp(prefix="faults-"))
        self._runs = 0
        self._raced = False
        self.last_plan: FaultPlan | None = None

    def play(self) -> list[Step]:
        """Play the whole sequence.

        Raises:
            BrokenPromiseError: the ledger does not balance, or a command reported something false.
        """
        try:
            self._play()
        finally:
            self.lake.proxy.plan, self.lake.proxy.meanwhile = None, _nothing
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
            self.books.check_files(kind)
            published = published or kind in ("publish", "withdraw", "upload", "race")
        if published:
            self._heal()
            self.books.check_balance()
        if self.draw.random() < 0.4:
            self._clean()

    # ------------------------------------------------------------------------ commands

    def _begin(self) -> None:
        self.lake.begin_with(self._published_lake)
        self.model.raw = {key: content for key, content in self.lake.objects().items() if key.startswith(RAW)}

    @staticmethod
    def _published_lake(lake: MotoLake) -> None:
        """Create the initial state of every sequence, once."""
        lake.s3.put_object(Bucket=BUCKET, Key=f"{RAW}delivery={DELIVERIES[0]}/part.csv", Body=_csv([(1, 1), (2, 2)]))
        lake.s3.put_object(
            Bucket=BUCKET, Key=f"{RAW}delivery={DELIVERIES[1]}/part.csv", Body=_csv([(2, 40), (3, 41), (-1, 42)])
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
            self.books.check_delivery_manifest(name)
        if there is not None:
            self.model.raw[key] = there
        return _told(error), there == content

    def _publish(self, plan: FaultPlan) -> tuple[Told, bool]:
        name = self.draw.choice(DELIVERIES)
        key, content = self._key(name), self._content()
        self.lake.put(key, content)
        self.model.raw[key] = content
        return self._run(plan)

    def _withdraw(self, plan: FaultPlan) -> tuple[Told, bool]:
        name = DELIVERIES[0]
        told, landed = self._run(plan, (name,))
        if landed:
            self.model.withdrawn[name] = self.model.raw_files(name)
        return told, landed

    def _race(self, plan: FaultPlan) -> tuple[Told, bool]:
        """Two concurrent runs: the second one happens completely at one point of the first."""
        # at a call of boto3: Arrow would not wait so long for a response
        service, operation = self.draw.choice(_MOMENTS)
        moments = FaultPlan([Rule(Mode.DELAY, service, operation, nth=self.draw.choice((1, 1, 2, 2, 3, 5)))])
        other = ThinJob(self.lake.proxy.endpoint, f"jr_{self._runs + 1:030x}05")
        ended: list[Exception | None] = []

        def meanwhile(call: Call) -> None:
            if moments.decide(call) is not None:
                ended.append(self._attempt(other.run, plan))

        self.lake.proxy.meanwhile, self._raced = meanwhile, True
        try:
            told, landed = self._publish(plan)
        finally:
            self.lake.proxy.meanwhile = _nothing
        for error in ended:
            self._check_run(other, error)
        self._raced = False
        return told, landed

    def _start(self, plan: FaultPlan) -> tuple[Told, bool]:
        """Start the workflow and watch it."""
        workspace, before = make_workspace(self.lake.connection), set(runs_there())
        self.lake.workflow.fails = self.draw.random() < 0.3
        started: list[str] = []
        error = self._attempt(lambda: started.append(start_run(workspace, ())), plan)
        new = set(runs_there()) - before
        if len(new) > 1:
            raise BrokenPromiseError(f"one start made {len(new)} runs")
        if started and new != set(started):
            raise BrokenPromiseError(f"the start told of {started}, and made {new}")
        self._check_told("the start", error, bool(new))
        if not started:
            return _told(error), bool(new)
        watched: list[RunManifest] = []
        error = self._attempt(lambda: watched.append(follow_run(workspace, started[0], timeout_s=600)), plan)
        if watched and (self.lake.workflow.fails or watched[0].run_id != started[0]):
            raise BrokenPromiseError(f"the watching told of {watched}, which is not what became of {started}")
        is_told_failed = isinstance(error, PipelineError) and not isinstance(error, WatchingError)
        if is_told_failed and not self.lake.workflow.fails:
            raise BrokenPromiseError(f"the run was told to have failed: {error!r}")
        return (Told.UNKNOWN if isinstance(error, WatchingError) else Told.DONE), True

    def _run(self, plan: FaultPlan, withdraw: tuple[str, ...] = ()) -> tuple[Told, bool]:
        self._runs += 1
        job = ThinJob(self.lake.proxy.endpoint, f"jr_{self._runs:030x}10")
        curated_before = self.books.table(CURATED).snapshot_id
        error = self._attempt(lambda: job.run(withdraw), plan)
        curated = self.books.table(CURATED)
        landed = self._check_run(job, error)
        if not landed and curated.snapshot_id != curated_before and not self._raced:
            raise BrokenPromiseError("curated changed without its run's id")
        return Told.UNKNOWN if isinstance(error, UnknownPublicationError) else _told(error), landed

    def _check_run(self, job: ThinJob, error: Exception | None) -> bool:
        """Check that a run's own report is true. Returns whether it was published."""
        curated, features = self.books.table(CURATED), self.books.table(FEATURES)
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
        says_another = "another run" in str(error) and "Glue did not show" not in str(error)
        if isinstance(error, QuartalJobError) and says_another and not self._raced:
            raise BrokenPromiseError(f"there was no other run: {error}")
        return landed

    def _tag(self, plan: FaultPlan) -> tuple[Told, bool]:
        features, name = self.books.table(FEATURES), f"model-{self.draw.randrange(4)}"
        snapshot_id = features.snapshot_id or 0
        if name in features.tags:
            return self._untag(plan, name)

        def tag() -> None:
            set_tag(self._load(), name, snapshot_id)

        error = self._attempt(tag, plan)
        landed = self.books.table(FEATURES).tags.get(name) == snapshot_id
        self._check_told(f"tag {name}", error, landed)
        if landed:
            self.model.tags[name] = features.rows(snapshot_id)
        return _told(error), landed

    def _untag(self, plan: FaultPlan, name: str = "") -> tuple[Told, bool]:
        name = name or next(iter(self.model.tags), "")
        if not name:
            return self._tag(plan)
        error = self._attempt(lambda: remove_tag(self._load(), name), plan)
        landed = name not in self.books.table(FEATURES).tags
        self._check_told(f"removal of tag {name}", error, landed)
        if landed:
            self.model.tags.pop(name, None)
        return _told(error), landed

    def _maintain(self, plan: FaultPlan) -> tuple[Told, bool]:
        cutoff = datetime.now(UTC) + timedelta(hours=1)

        def keep() -> None:
            files = S3ObjectStore(self.lake.s3)
            catalog, settled = iceberg_catalog(self.lake.connection), timedelta(0)  # reads are never outdated here
            maintain(_LAKE, catalog, files, cutoff, dry_run=False, catalog_delay=settled)

        error = self._attempt(keep, plan)
        orphans = self.books.orphans()
        is_hidden = any(rule.mode is Mode.HIDE for _, rule in plan.struck)  # a table that is not shown has no files
        if error is None and orphans and not is_hidden:
            raise BrokenPromiseError(f"maintenance said done, and left {sorted(orphans)}")
        return _told(error), not orphans

    def _export(self, plan: FaultPlan) -> tuple[Told, bool]:
        features, folder = self.books.table(FEATURES), self._folder / "export"
        shutil.rmtree(folder, ignore_errors=True)
        snapshot_id = features.snapshot_id or 0
        error = self._attempt(
            lambda: export_features(self._load(), State("main", snapshot_id), folder, ExportFormat.CSV), plan
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
        """Lift the faults: repeating the commands must lead to the expected state."""
        error = self._send(dict(self.model.raw), None)
        if error is not None:
            raise BrokenPromiseError(f"upload fails without any fault: {error!r}")
        for name in sorted({delivery_name(key) for key in self.model.raw}):
            self.books.check_delivery_manifest(name)
        told, _ = self._run(FaultPlan())
        if told is not Told.DONE:
            raise BrokenPromiseError("a run fails without any fault")
        self.books.check_files("heal")

    def _clean(self) -> None:
        told, _ = self._maintain(FaultPlan())
        if told is not Told.DONE:
            raise BrokenPromiseError("maintenance fails without any fault")
        self.books.check_files("maintenance")
        self.books.check_no_uploads_stay_open()

    # ------------------------------------------------------------------------ reports of commands

    def _load(self) -> Any:
        return iceberg_catalog(self.lake.connection).load_table((DATABASE, FEATURES))

    def _check_told(self, what: str, error: Exception | None, landed: bool) -> None:
        if error is None and not landed:
            raise BrokenPromiseError(f"{what} said done, and is not")
        if landed and _told(error) is Told.NOT_DONE:
            raise BrokenPromiseError(f"{what} said not done, and is: {error!r}")

    # ------------------------------------------------------------------------ by the seed

    def _attempt(self, command: Callable[[], object], plan: FaultPlan | None) -> Exception | None:
        """Run a command under the plan and return an error for users. Any other error is a bug and is raised."""
        try:
            with self.lake.under(plan):
                command()
        except _EXPECTED as error:
            return error
        except Exception as error:
            if plan is None or not any(rule.mode in _CUT for _, rule in plan.struck):
                raise
            return error  # an incomplete response is an unexpected error, which claims nothing
        return None

    def _send(self, contents: dict[str, bytes], plan: FaultPlan | None) -> Exception | None:
        source = self._folder / f"raw-{self.draw.randrange(10**9)}"
        for key, content in contents.items():
            path = source / key.removeprefix(RAW)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        items = plan_upload([source], raw_prefix=RAW, delivery=None)
        options = UploadOptions(parallel_files=2)
        return self._attempt(
            lambda: upload(self.lake.connection, BUCKET, items, manifest_prefix=MANIFESTS, options=options), plan
        )

    def _plan(self, kind: str) -> FaultPlan:
        draw = self.draw
        if draw.random() < 0.1:
            return FaultPlan()
        if draw.random() < 0.12:
            return self._from_then_on()
        service, operation = draw.choice(_CALLS[kind])
        nth = (
            1
            if operation in ("UpdateTable", "DeleteObjects", "GetCallerIdentity") and draw.random() < 0.5
            else (draw.choice((1, 1, 2, 2, 3, 4, 6, 8)))
        )
        times = draw.choice((1, 1, 1, 1, 2, 3, None))
        mode = draw.choice(_MODES)
        if self._refusals.random() < _REFUSED:
            mode = self._refusals.choice(_AS_ASKED)
        return FaultPlan([Rule(mode, service, operation, nth=nth, times=times)], self.seed)

    def _from_then_on(self) -> FaultPlan:
        """A plan in which all later calls fail: the process was killed, or suspended until its credentials expired."""
        nth = self.draw.choice((1, 2, 4, 7, 11, 16, 22, 30, 40))
        if self.draw.random() < 0.5:
            return FaultPlan([Rule(Mode.EXPIRE, nth=nth, times=None)], self.seed)
        last = Rule(self.draw.choice((Mode.LOSE_ANSWER, Mode.RESET_BEFORE)), nth=nth)
        return FaultPlan([last, Rule(Mode.RESET_BEFORE, nth=nth, times=None)], self.seed)

    def _content(self) -> bytes:
        numbers = self.draw.sample(range(1, 13), self.draw.randrange(0, 6))
        rows = [(number, self.draw.randrange(120)) for number in numbers]
        rows += [(-1, 5)] * self.draw.choice((0, 0, 1, 2))
        return _csv(rows)

    @staticmethod
    def _key(name: str) -> str:
        return f"{RAW}delivery={name}/part.csv"


def _nothing(_: Call) -> None:
    """No other run happens."""


def _told(error: Exception | None) -> Told:
    if error is None:
        return Told.DONE
    if not isinstance(error, _EXPECTED):
        return Told.UNEXPECTED
    return Told.UNKNOWN if isinstance(error, UnknownOutcomeError) else Told.NOT_DONE


def _csv(rows: list[tuple[int, int]]) -> bytes:
    lines = [f"{number},{date(2024, 1, 1) + timedelta(days=days)}" for number, days in rows]
    return ("\n".join(["id,day", *lines]) + "\n").encode()
