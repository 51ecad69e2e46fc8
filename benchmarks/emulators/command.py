"""`./nox -s bench -- emulators`: the conformance suite against other emulators and this Glue service, in one go."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks.emulators.emulators import OTHERS, running
from benchmarks.emulators.page import OWN
from benchmarks.emulators.scoreboard import Outcome, run_suite
from quartal.core.settings import Settings
from quartal.local.local_aws import server
from quartal.local.local_aws.hosts import HOSTS

OWN_PATIENCE_S = 300
ROOT = Path(__file__).parents[2]


@contextmanager
def _own(host: str, folder: Path) -> Iterator[str]:
    settings = Settings.from_env({**os.environ, "AWS_ENDPOINT_URL": ""}, environment="localstack", cwd=ROOT)
    settings = replace(settings, state_dir=folder / host)
    started = server.start(settings, port=server.free_port(), announce=print, host=host)
    try:
        yield started.endpoint_url
    finally:
        server.stop(settings, started)


def compare(patience_s: int, only: tuple[str, ...] = ()) -> dict[str, list[Outcome]]:
    """Outcomes by the name of the emulator; ``only`` names some of them."""
    found: dict[str, list[Outcome]] = {}
    folder = Path(tempfile.mkdtemp(prefix="emulators-"))
    for emulator in OTHERS:
        if not only or emulator.name in only:
            with running(emulator, folder) as url:
                found[emulator.name] = run_suite(url, folder / "report.xml", patience_s=patience_s)
    for host in HOSTS:
        if not only or host in only:
            with _own(host, folder) as url:
                report = folder / "report.xml"
                found[f"{OWN}{host}"] = run_suite(url, report, patience_s=OWN_PATIENCE_S, at_once=4)
    return found


def as_json(found: dict[str, list[Outcome]]) -> str:
    """Each outcome, with the reason of those that did not pass."""
    return json.dumps({name: [asdict(each) for each in outcomes] for name, outcomes in found.items()}, indent=2)
