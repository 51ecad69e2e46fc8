"""What one host of the Glue service keeps on disk, the other reads: each with its own moto, in its own environment."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from quartal.core.polling import Waiter
from quartal.core.settings import Settings
from quartal.local.toolchain import environments

PROJECT = Path(__file__).parents[2]
SETTINGS = Settings.from_env(os.environ, environment="localstack", cwd=PROJECT)
# LocalStack's Python takes the state up and writes it again, without the half minute of a LocalStack around it
TAKE_UP = """
import json, sys, threading
from pathlib import Path
from moto.glue.models import glue_backends
from localstack_glue.service.models import glue_stores
from localstack_glue.service.state_files import StateFile

source, target = map(Path, sys.argv[1:])
is_there = StateFile(source, threading.RLock()).load()
store, catalog = glue_stores["000000000000"]["us-east-1"], glue_backends["000000000000"]["us-east-1"]
names = [*store.jobs, *store.rulesets, *(f"{d}.{t}" for d in catalog.databases for t in catalog.databases[d].tables)]
StateFile(target, threading.RLock()).save()
print(json.dumps([is_there, sorted(names)]))
"""
NAMES = ["etl", "lake.raw", "rules"]


@contextmanager
def standalone(state: Path) -> Iterator[tuple[Any, subprocess.Popen[str]]]:
    python = environments.ensure(SETTINGS, environments.glue_local_environment(SETTINGS), print)
    command = [str(python), "-m", "localstack_glue.hosts.standalone", "serve", "--port", "0", "--state", str(state)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[3].rstrip(":")
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        yield boto3.client("glue", endpoint_url=url, **keys), process
    finally:
        process.kill()
        process.communicate()


def taken_up_by_localstack(source: Path, target: Path) -> tuple[bool, list[str]]:
    python = environments.ensure(SETTINGS, environments.localstack_environment(SETTINGS), print)
    done = subprocess.run(
        [str(python), "-c", TAKE_UP, str(source), str(target)], capture_output=True, text=True, check=True, timeout=300
    )
    is_there, names = json.loads(done.stdout.splitlines()[-1])
    return is_there, names


def test_state_of_one_host_is_read_by_the_other(tmp_path: Path) -> None:
    columns = {"Columns": [{"Name": "a", "Type": "int"}], "Location": "s3://lake/raw/"}
    with standalone(tmp_path / "first") as (glue, process):
        glue.create_database(DatabaseInput={"Name": "lake"})
        glue.create_table(DatabaseName="lake", TableInput={"Name": "raw", "StorageDescriptor": columns})
        glue.create_job(Name="etl", Role="r", Command={"Name": "glueetl", "ScriptLocation": "s3://code/etl.py"})
        glue.create_data_quality_ruleset(Name="rules", Ruleset="Rules = [ RowCount > 0 ]")
        # soon after each change, not only at the end: this one is killed
        Waiter[tuple[bool, list[str]]](timeout_s=120, initial_s=0.1, longest_s=0.5).wait_until(
            lambda: taken_up_by_localstack(tmp_path / "first", tmp_path / "second"),
            is_done=lambda found: found == (True, NAMES),
            describe=str,
            waiting_for="all to be on disk",
        )
        process.kill()
    with standalone(tmp_path / "second") as (glue, _):
        assert (
            glue.get_tables(DatabaseName="lake")["TableList"][0]["StorageDescriptor"]["Columns"] == columns["Columns"]
        )
        assert glue.list_jobs()["JobNames"] == ["etl"]
        assert glue.get_data_quality_ruleset(Name="rules")["Ruleset"] == "Rules = [ RowCount > 0 ]"
        glue.update_table(DatabaseName="lake", TableInput={"Name": "raw", "Description": "changed"})
        assert len(glue.get_table_versions(DatabaseName="lake", TableName="raw")["TableVersions"]) == 2
