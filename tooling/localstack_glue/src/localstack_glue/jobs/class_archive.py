"""Makes the archive of classes that Spark runs start with: `python -m localstack_glue.jobs.class_archive FILE`.

Half of what a small Spark run costs is Java loading some ten thousand classes. Java can keep them as it holds them in
memory (application class-data sharing, JEP 310 and 350), and maps that file at its next start. An archive is for one
Java and one class path: any other runs without it.

The settings are the service's own (`LOCALSTACK_GLUE_PYTHON`, ...). Start the service with
`LOCALSTACK_GLUE_CLASS_ARCHIVE=FILE` to use it.
"""

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from localstack_glue.jobs.runtime import class_loading, ready_gateway
from localstack_glue.jobs.runtime.arguments import RunIdentity
from localstack_glue.jobs.runtime.environment import RunRequest, conf_folder, run_environment, scratch_folder
from localstack_glue.jobs.runtime.preparation import lay_out
from localstack_glue.jobs.spark_jvms import ADDRESS_VARIABLE, java_command, java_environment
from localstack_glue.service.clients import Credentials
from localstack_glue.service.settings import Settings

TIMEOUT_S = 600
LAST_WORDS = 500  # characters of what a process wrote
NOWHERE = "http://127.0.0.1:9"  # a call without a response loads S3's classes


class ClassArchiveError(Exception):
    """The archive could not be created. The message has the reason."""


def make(settings: Settings, file: Path) -> None:
    """Start Java as for a run, let it load the classes of runs, and write the archive at its end.

    Raises:
        ClassArchiveError: the machine cannot run Spark, or Java left no archive.
    """
    missing = settings.missing_for_spark()
    if missing or settings.spark_home is None:
        raise ClassArchiveError(missing or "there is no Spark")
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    options = f'{settings.java_options} "-XX:ArchiveClassesAtExit={unfinished}" -Xlog:disable'.strip()
    try:
        with tempfile.TemporaryDirectory(prefix="glue-class-archive-") as name:
            leaving_one = replace(settings, java_options=options, class_archive=None)
            said = _run_java(leaving_one, settings.spark_home, Path(name))
        if not unfinished.is_file():
            raise ClassArchiveError(f"Java left none: {said}")
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)  # half of one, where this was interrupted


def _run_java(settings: Settings, spark_home: Path, folder: Path) -> str:
    """Have a Java of these options load the classes and end itself; return the end of what it wrote to stderr."""
    found = run_environment(_request(), settings, folder, ())
    lay_out(folder, found)
    address, log = folder / "gateway", folder / "java.log"
    environment = {**found.environment, ADDRESS_VARIABLE: str(address)}
    with log.open("wb") as stderr:
        java = subprocess.Popen(
            java_command(spark_home, conf_folder(folder)),
            cwd=scratch_folder(folder),
            env=java_environment(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
    try:
        subprocess.run(
            [str(settings.python), class_loading.__file__, str(address), str(java.pid)],
            cwd=scratch_folder(folder),
            env={**environment, "PYTHONPATH": str(Path(ready_gateway.__file__).parent)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=TIMEOUT_S,
        )
        java.communicate(timeout=TIMEOUT_S)  # its input ends, and with that it ends itself
    except subprocess.SubprocessError as error:
        wrote = (getattr(error, "stderr", None) or b"").decode(errors="replace").strip()[-LAST_WORDS:]
        raise ClassArchiveError(f"Spark's Java did not load the classes ({error}): {wrote}") from error
    finally:
        java.kill()
        java.wait()
    return log.read_text(errors="replace").strip()[-LAST_WORDS:]


def _request() -> RunRequest:
    identity = RunIdentity("class-archive", "class-archive", "class-archive")
    return RunRequest(identity, {"Name": "glueetl"}, {}, "G.1X", 2, NOWHERE, "us-east-1", Credentials("none", "none"))


def main(arguments: Sequence[str]) -> None:
    """Create the archive. A failure is written to stderr, with exit code 1."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            make(Settings.from_env(os.environ, Path(folder)), Path(arguments[0]).absolute())
        except ClassArchiveError as error:
            sys.exit(f"the archive of classes was not created: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
