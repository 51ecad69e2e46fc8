"""`quartal report`: collects for an environment, and writes the page."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from plan_review.prices import load_prices
from quartal.core.errors import ConfigurationError
from quartal.core.settings import Settings
from quartal.core.whole_files import write_whole
from quartal.deploy.review import prices_folder
from quartal.features.query import iceberg_catalog
from quartal.report.collect import Sources, Window, collect
from quartal.report.model import Report
from quartal.report.page import render_report
from quartal.workspace import Workspace

REPORT = "report.html"  # in the state folder, unless --out names another file


def make_report(workspace: Workspace, *, runs: int, quarters: int, now: datetime) -> Report:
    """Collect the data of the report.

    Raises:
        NotDeployedError: nothing is deployed.
        ConfigurationError: a manifest or a file of prices cannot be read.
    """
    deployment, connection = workspace.deployment, workspace.connection
    with workspace.console.waiting("reading") as line:
        return collect(
            deployment,
            Sources(connection.glue(), connection.s3(), iceberg_catalog(connection)),
            environment=workspace.settings.environment,
            is_local=workspace.settings.is_local,
            prices=load_prices(deployment.region, prices_folder(workspace)),
            window=Window(runs, quarters),
            now=now,
            announce=line.update,
        )


def _naming(settings: Settings) -> str:
    """The options for this environment and feed. The environment is always named, because pages are shared."""
    environment = "" if settings.is_local else f" --env {settings.environment}"
    feed = [option for option in settings.naming_options() if option.startswith("--dataset")]
    return " ".join((environment, *feed))


def write_page(workspace: Workspace, report: Report, path: Path) -> Path:
    """Write the page, whole or not at all, and return its full path.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    limit = workspace.deployment.quarantine_share_limit
    text = render_report(report, environment_option=_naming(workspace.settings), quarantine_limit=limit)
    path = path.absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written: {error.strerror}.", remedy="Give a file that can: `quartal report --out FILE`."
        ) from error
    return path
