"""Kill -9 of an upload and of a publication at their n-th call: repeating the command completes the work.

The call at which the process dies is one that its service has, or has not, carried out. Seeds of the ledger
come to the same by calls that fail from then on; here the process is really gone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tooling" / "localstack_glue" / "src"))

from localstack_glue.faults.plan import Call, FaultPlan  # noqa: E402

from .books import MANIFESTS, RAW, Books, Model  # noqa: E402
from .moto_lake import MotoLake  # noqa: E402
from .names import BUCKET, REGION  # noqa: E402
from .sequence import Sequence  # noqa: E402
from .thin_job import ThinJob  # noqa: E402

NAMES = ("2024Q1", "2024Q2", "2024Q3")
_TIMEOUT_S = 300
_UPLOAD = f"""
import sys
from pathlib import Path
from quartal.core.aws import AwsConnection
from quartal.deliver.upload.transfer import Transfer
from quartal.deliver.upload.uploads import UploadOptions, plan_upload, upload
Transfer.__init__.__kwdefaults__["multipart_threshold"] = 60
connection = AwsConnection({REGION!r}, sys.argv[1], "test", "test")
items = plan_upload([Path(sys.argv[2])], raw_prefix={RAW!r}, delivery=None)
upload(connection, {BUCKET!r}, items, manifest_prefix={MANIFESTS!r}, options=UploadOptions(parallel_files=2))
"""
_PUBLISH = """
import sys
from tests.faults.thin_job import ThinJob
ThinJob(sys.argv[1], sys.argv[2]).run()
"""


@pytest.fixture(scope="module")
def shared_lake() -> Iterator[MotoLake]:
    lake = MotoLake()
    yield lake
    lake.proxy.close()


@pytest.fixture
def lake(shared_lake: MotoLake) -> MotoLake:
    shared_lake.begin_with(Sequence._published_lake)
    return shared_lake


class Killer:
    """Starts a program, and kills it when its n-th call arrives, before that call's effect or after it."""

    def __init__(self, lake: MotoLake, nth: int, *, after: bool) -> None:
        self._lake, self._nth, self._after = lake, nth + after, after
        self._seen = 0
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._started = threading.Event()

    def run(self, program: str, *arguments: str) -> int:
        """Its exit code: minus nine, or 0 where it came to its end before."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        paths = [str(ROOT), str(ROOT / "tooling"), str(ROOT / "tooling" / "localstack_glue" / "src")]
        environ |= {"PYTHONPATH": os.pathsep.join(paths), "AWS_EC2_METADATA_DISABLED": "true"}
        self._lake.proxy.meanwhile = self._meanwhile
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", program, self._lake.proxy.endpoint, *arguments],
                cwd=ROOT,
                env=environ,
                stderr=subprocess.DEVNULL,
            )
            self._started.set()
            return self._process.wait(_TIMEOUT_S)
        finally:
            self._lake.proxy.meanwhile = lambda _: None

    def _meanwhile(self, _: Call) -> None:
        with self._lock:
            self._seen += 1
            if self._seen != self._nth:
                return
            self._started.wait(_TIMEOUT_S)
            assert self._process is not None
            if not self._after:  # this call is not carried out; else the one before it has been, and answered
                self._lake.proxy.plan = _NOTHING_LANDS
            self._process.send_signal(signal.SIGKILL)


_NOTHING_LANDS = FaultPlan.parse({"rules": [{"mode": "reset-before", "times": None}]})


def read_files(folder: Path) -> dict[str, bytes]:
    return {f"{RAW}{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*.csv")}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", [1, 3, 5, 7, 9, 12])
def test_killed_upload_is_taken_up_by_the_same_command(lake, tmp_path, nth, after):
    for number, name in enumerate(NAMES):
        path = tmp_path / f"delivery={name}" / "part.csv"
        path.parent.mkdir()
        path.write_text("id,day\n" + "".join(f"{number}{row},2024-01-0{number + 1}\n" for row in range(1, 9)))

    code = Killer(lake, nth, after=after).run(_UPLOAD, str(tmp_path))
    lake.proxy.plan = None

    before = lake.objects()
    wanted = read_files(tmp_path)
    books = Books(lake, Model(raw=wanted))
    books._check_what_manifests_say()
    assert Killer(lake, 10**9, after=False).run(_UPLOAD, str(tmp_path)) == 0
    assert {key: content for key, content in lake.objects().items() if key.startswith(RAW)} == wanted
    for name in NAMES:
        books.check_delivery_manifest(name)
    books.check_no_uploads_stay_open()
    there = sum(before.get(key) == wanted[key] for key in wanted)
    report(f"upload killed at call {nth}: exit {code}, {there} of 3 were there")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", [5, 20, 35, 50, 65, 80, 95])
def test_killed_publication_is_healed_by_the_next_run(lake, nth, after):
    key = f"{RAW}delivery=2024Q1/part.csv"
    lake.put(key, b"id,day\n1,2024-01-02\n3,2024-01-05\n-1,2024-01-05\n")
    model = Model(raw={name: content for name, content in lake.objects().items() if name.startswith(RAW)})
    books = Books(lake, model)

    code = Killer(lake, nth, after=after).run(_PUBLISH, f"jr_{5:032x}")
    lake.proxy.plan = None

    books.check_files(f"a kill at call {nth}")
    ThinJob(lake.proxy.endpoint, f"jr_{6:032x}").run()
    books.check_files("healing")
    books.check_balance()
    report(f"publication killed at call {nth}: exit {code}")


def report(line: str) -> None:
    """For those who watch with -s."""
    sys.stdout.write(f"{line}\n")
