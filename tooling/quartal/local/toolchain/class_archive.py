"""The archive of Java's classes that local Spark runs start with, beside the Glue runtime that it is made for.

With it a run's Java and its first session take half the processor time. Making it takes half a minute.
"""

from __future__ import annotations

from pathlib import Path

from quartal.core import process
from quartal.core.errors import CommandError
from quartal.core.settings import Settings
from quartal.local.toolchain import environments
from quartal.local.toolchain.java import find_system_java, java_options

MAKER = "localstack_glue.jobs.class_archive"
TIMEOUT_S = 900


def archive_path(settings: Settings) -> Path:
    """The archive for the installed runtime and this machine's Java, whether or not it has been made."""
    runtime = environments.environment_folder(settings, environments.glue_runtime_environment(settings))
    return runtime / f"classes-{find_system_java(settings).version or 'wheel'}.jsa"


def ensure(settings: Settings, announce: environments.Announce) -> Path | None:
    """Make the archive unless it is there, in the installed environments; None if Java leaves none.

    Runs work without it, only slower, so that is announced and is no error.
    """
    from filelock import FileLock  # few commands install anything

    archive = archive_path(settings)
    with FileLock(settings.tools_dir / "class-archive.lock"):
        if archive.is_file():
            return archive
        announce("Making an archive of Spark's classes, once ...")
        service = environments.environment_python(settings, environments.localstack_environment(settings))
        try:
            process.run([str(service), "-m", MAKER, str(archive)], env=_environment(settings), timeout_s=TIMEOUT_S)
        except CommandError as error:
            announce(f"{error} Spark runs start without it.")
            return None
    return archive


def _environment(settings: Settings) -> dict[str, str]:
    runtime = environments.environment_python(settings, environments.glue_runtime_environment(settings))
    java = find_system_java(settings)
    env = environments.environ_of_programs(settings.environ) | {"LOCALSTACK_GLUE_PYTHON": str(runtime)}
    env["LOCALSTACK_GLUE_JAVA_OPTIONS"] = java_options(settings.root)
    return env | ({"LOCALSTACK_GLUE_JAVA_HOME": java.location} if java.ok else {})
