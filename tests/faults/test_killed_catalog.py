"""Kill -9 of the catalog's service at the commit of the curated table, before its effect or after it.

The service is started again with the state that it has kept. The run says that nobody knows; the next goes on.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from quartal.core.aws import AwsConnection, aws_environment
from quartal.core.settings import Settings
from tests.integration.test_restart import OwnLocalStack, how_to_start  # noqa: F401

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tooling" / "localstack_glue" / "src"))

from localstack_glue.faults.calls import parse_call  # noqa: E402

from .proxy import Answer, Backend, FaultProxy, Request, over_http  # noqa: E402
from .rehearsal import DATABASE, DATASET, Rehearsal  # noqa: E402

QUARTER = "2024Q1"


class KilledInACommit:
    """A catalog whose service is killed at the commit of the curated table, before it or right after it."""

    def __init__(self, stack: OwnLocalStack, *, after: bool) -> None:
        self._stack, self._after = stack, after
        self.armed = False
        self.proxy = FaultProxy(self._before(over_http(stack.url)))

    def _before(self, backend: Backend) -> Backend:
        def ask(request: Request) -> Answer:
            call = parse_call(request.method, request.target, request.headers, request.body)
            if not self.armed or (call.operation, call.key) != ("UpdateTable", f"{DATABASE}.{DATASET}_curated"):
                return backend(request)
            self.armed = False
            if self._after:
                backend(request)
            self._stack.kill()
            raise ConnectionResetError("the service is gone")

        return ask


@pytest.fixture
def stack(how_to_start: tuple[list[str], dict[str, str]], tmp_path: Path) -> Iterator[OwnLocalStack]:  # noqa: F811
    command, environment = how_to_start
    own = {
        "FILESYSTEM_ROOT": str(tmp_path / "volume"),
        "LOCALSTACK_GLUE_WORK_DIR": str(tmp_path / "glue"),
        "LOCALSTACK_GLUE_STATE_DIR": str(tmp_path / "state"),
    }
    made = OwnLocalStack(command, {**environment, **own}, tmp_path)
    made.start()
    yield made
    made.stop()


@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after it"])
def test_catalog_killed_during_a_commit_is_an_unknown_outcome_and_the_next_run_recovers(stack, tmp_path, after):
    killed = KilledInACommit(stack, after=after)
    settings = Settings.from_env({}, environment="localstack", cwd=ROOT)
    env = aws_environment(settings, killed.proxy.endpoint)
    lake = tmp_path / "lake"
    lake.mkdir()
    rehearsal = Rehearsal(ROOT, lake, AwsConnection.from_environment(env, local=True), env)
    draw = random.Random(f"catalog/{after}")
    rehearsal.deliver(QUARTER, draw)
    rehearsal.run("first")
    old = rehearsal.seen()
    rehearsal.deliver(QUARTER, draw)

    killed.armed = True
    job = rehearsal.start("cut")
    assert job.process.wait(600) == 1
    said = rehearsal.said("cut")
    sys.stdout.write(f"{said[-600:]}\n")
    assert f"whether faults.{DATASET}_curated was changed is unknown" in said.splitlines()[-1]

    stack.start()
    assert rehearsal.seen().features == old.features
    assert rehearsal.seen().curated in (old.curated, rehearsal.expected().curated)
    rehearsal.run("next")
    assert rehearsal.seen() == rehearsal.expected()
    _, lying_about = rehearsal.maintain()
    assert lying_about == set()
