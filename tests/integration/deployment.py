"""A pipeline on a local AWS, from a copy of the project with unique names, and the commands of its user.

No deployment interferes with another one, or with other resources there.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from feed_generator import FeedSummary
from quartal.core.console import Console
from quartal.core.settings import Settings
from quartal.deliver.upload.uploads import UploadOptions, deliver
from quartal.deploy import change
from quartal.runs.start_and_follow import run_pipeline
from quartal.workspace import Workspace
from tests.provider_lock import drop_hashes

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Pipeline:
    """A deployed pipeline, with the commands of a user."""

    workspace: Workspace

    def upload(self, folder: Path) -> None:
        """Run `quartal upload FOLDER`."""
        deliver(self.workspace, [folder], delivery=None, options=UploadOptions())

    def run(self, *deliveries: str) -> dict:
        """Run `quartal run` and return the job's manifest."""
        return run_pipeline(self.workspace, deliveries=deliveries, timeout_s=300).model_dump(mode="json")


@dataclass(frozen=True)
class Feed:
    """Raw files on disk, and the generator's facts about them."""

    folder: Path
    summary: FeedSummary


def copy_of_the_project(root: Path) -> Path:
    """Copy what `quartal` needs to a folder, with unique names."""
    shutil.copytree(PROJECT / "infra", root / "infra", ignore=shutil.ignore_patterns(".terraform", "artifacts"))
    drop_hashes(root / "infra")
    shutil.copytree(PROJECT / "data" / "contracts", root / "data" / "contracts")
    (root / "etl_job").symlink_to(PROJECT / "etl_job")
    variables = root / "infra" / "environments" / "localstack.tfvars"
    text = variables.read_text()
    assert 'prefix      = "quartal-localstack"' in text
    variables.write_text(text.replace('"quartal-localstack"', f'"test-{secrets.token_hex(4)}"'))
    return root


def workspace_in(project: Path, endpoint_url: str) -> Workspace:
    """The workspace of a checkout, on this local AWS."""
    environ = {**os.environ, "AWS_ENDPOINT_URL": endpoint_url}
    for name in ("QUARTAL_STATE_DIR", "QUARTAL_PROJECT_DIR"):  # tests never use the user's own deployment
        environ.pop(name, None)
    return Workspace(Settings.from_env(environ, environment="localstack", cwd=project), Console())


@contextmanager
def deployed(workspace: Workspace) -> Iterator[Pipeline]:
    """Deploy the pipeline, and stop or destroy it at the end."""
    change.make_plan(workspace)
    try:
        change.apply_plan(workspace)
        yield Pipeline(workspace)
    finally:
        if "PYTEST_XDIST_WORKER" in os.environ:  # this LocalStack ends with the tests
            stop_triggers(workspace)
        elif change.make_plan(workspace, destroy=True).changes:
            change.apply_plan(workspace)


def stop_triggers(workspace: Workspace) -> None:
    """Delete the triggers, so that no run starts when another test moves the clock. Faster than a destroy."""
    glue = workspace.connection.glue()
    for feed in workspace.terraform.outputs().get("feeds", {}).values():
        for name in feed["triggers"].values():
            glue.delete_trigger(Name=name)
