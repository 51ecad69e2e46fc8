"""SIGSTOP of an upload at the n-th of its calls, for longer than its credentials live.

No minutes pass: its clock is an hour on when it wakes, and the service refuses the credentials of before.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tooling" / "localstack_glue" / "src"))

from localstack_glue.faults.answers import build_refusal  # noqa: E402
from localstack_glue.faults.calls import parse_call  # noqa: E402
from localstack_glue.faults.plan import Call, Mode  # noqa: E402

from .books import MANIFESTS, RAW, Books, Model  # noqa: E402
from .moto_lake import MotoLake  # noqa: E402
from .names import BUCKET, REGION  # noqa: E402
from .proxy import Answer, Request  # noqa: E402
from .sequence import Sequence  # noqa: E402
from .test_killed_commands import read_files  # noqa: E402

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
_TIMEOUT_S = 300
_UPLOAD = f"""
import sys
from pathlib import Path
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError
from quartal.core.aws import AwsConnection, as_aws_error
from quartal.core.errors import QuartalError
from quartal.deliver.upload.transfer import Transfer
from quartal.deliver.upload.uploads import UploadOptions, plan_upload, upload
endpoint, folder, slept = sys.argv[1:]
left = RefreshableCredentials._seconds_remaining
RefreshableCredentials._seconds_remaining = lambda self: left(self) - (7200 if Path(slept).exists() else 0)
Transfer.__init__.__kwdefaults__["multipart_threshold"] = 60
items = plan_upload([Path(folder)], raw_prefix={RAW!r}, delivery=None)
try:
    upload(AwsConnection({REGION!r}, endpoint, profile="short"), {BUCKET!r}, items,
           manifest_prefix={MANIFESTS!r}, options=UploadOptions(parallel_files=2))
except QuartalError as error:
    sys.exit(f"{{error}} {{error.remedy}}")
except (BotoCoreError, ClientError) as error:  # as the command line does
    sys.exit(f"{{as_aws_error(error)}} {{as_aws_error(error).remedy}}")
"""


@dataclass
class Session:
    """Credentials that live for an hour, and are given by a program for as long as somebody is signed in."""

    folder: Path
    is_over: bool = False
    slept: Path = field(init=False)

    def __post_init__(self) -> None:
        self.slept = self.folder / "slept"
        self.sign_in("OLDKEY", hours=1)
        (self.folder / "config").write_text(f"[profile short]\ncredential_process = cat {self.folder}/credentials\n")

    def sign_in(self, key: str, *, hours: int) -> None:
        ends = (datetime.now(UTC) + timedelta(hours=hours)).isoformat()
        given = {"Version": 1, "AccessKeyId": key, "SecretAccessKey": "s", "SessionToken": "t", "Expiration": ends}
        (self.folder / "credentials").write_text(json.dumps(given))

    def sign_out(self) -> None:
        (self.folder / "credentials").unlink()

    @property
    def environ(self) -> dict[str, str]:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        paths = [ROOT, ROOT / "tooling", ROOT / "tooling" / "plan_review" / "src"]
        paths.append(ROOT / "tooling" / "localstack_glue" / "src")
        return environ | {
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "AWS_CONFIG_FILE": str(self.folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "none"),
            "AWS_EC2_METADATA_DISABLED": "true",
        }


@pytest.fixture
def lake() -> Iterator[MotoLake]:
    made = MotoLake()
    made.begin_with(Sequence._published_lake)
    yield made
    made.proxy.close()


def upload(lake: MotoLake, session: Session, source: Path, nth: int, *, signed_in: bool) -> tuple[int, str]:
    """The upload, stopped when its n-th call arrives until its credentials have expired; exit code and last words."""
    seen, lock, started, backend = [0], threading.Lock(), threading.Event(), lake.proxy.backend
    stopped: list[psutil.Process] = []
    arrived_before = threading.local()

    def meanwhile(_: Call) -> None:
        with lock:
            seen[0] += 1
            if seen[0] != nth:
                return
            started.wait(_TIMEOUT_S)
            process = psutil.Process(child.pid)
            process.send_signal(signal.SIGSTOP)
            moment = threading.Event()
            while process.status() != psutil.STATUS_STOPPED:
                moment.wait(0.01)
            session.slept.touch()
            if signed_in:
                session.sign_in("NEWKEY", hours=4)
            else:
                session.sign_out()
            arrived_before.this = True
            stopped.append(process)
            process.send_signal(signal.SIGCONT)

    def ask(request: Request) -> Answer:
        is_late = stopped and not arrived_before.__dict__.pop("this", False)
        if is_late and "Credential=OLDKEY/" in request.headers.get("authorization", ""):
            refusal = build_refusal(
                parse_call(request.method, request.target, request.headers, request.body), Mode.EXPIRE
            )
            return Answer(refusal.status, [("Content-Type", refusal.content_type)], refusal.body)
        return backend(request)

    lake.proxy.meanwhile, lake.proxy.backend = meanwhile, ask
    try:
        child = subprocess.Popen(
            [sys.executable, "-c", _UPLOAD, lake.proxy.endpoint, str(source), str(session.slept)],
            cwd=ROOT,
            env=session.environ,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.set()
        said = child.communicate(timeout=_TIMEOUT_S)[1]
    finally:
        lake.proxy.meanwhile, lake.proxy.backend = (lambda _: None), backend
    assert bool(stopped) == (nth < 1000), "it was stopped at that call"
    return child.returncode, said


@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in again", "signed out"])
@pytest.mark.parametrize("nth", [2, 4, 6, 9])
def test_upload_suspended_beyond_its_credentials_renews_them_or_fails_clearly(lake, tmp_path, nth, signed_in):
    source = tmp_path / "source"
    for number, name in enumerate(("2024Q1", "2024Q2", "2024Q3")):
        path = source / f"delivery={name}" / "part.csv"
        path.parent.mkdir(parents=True)
        path.write_text("id,day\n" + "".join(f"{number}{row},2024-01-0{number + 1}\n" for row in range(1, 9)))
    wanted = read_files(source)
    books = Books(lake, Model(raw=wanted))
    session = Session(tmp_path)

    code, said = upload(lake, session, source, nth, signed_in=signed_in)

    sys.stdout.write(f"stopped at call {nth}: exit {code} {said[-300:]}\n")
    assert "Traceback" not in said
    books._check_what_manifests_say()
    if code:  # a call of a parallel file, signed before and arrived after, is refused: the same command goes on
        assert "ign in again" in said, said
        session.sign_in("NEWKEY", hours=4)
        assert upload(lake, session, source, 10**9, signed_in=True) == (0, "")
    assert code == (0 if signed_in else 1) or nth > 2, said
    there = {key: content for key, content in lake.objects().items() if key.startswith(RAW)}
    assert there == wanted
    for name in ("2024Q1", "2024Q2", "2024Q3"):
        books.check_delivery_manifest(name)
    books.check_no_uploads_stay_open()
