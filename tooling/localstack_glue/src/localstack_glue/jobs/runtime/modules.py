"""`--additional-python-modules`: installs only what the job runtime's Python does not have (G28)."""

import functools
import hashlib
import json
import logging
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from threading import Lock
from typing import Any

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from localstack_glue.jobs.runtime import installers
from localstack_glue.jobs.runtime.files import JobPreparationError

LOG = logging.getLogger(__name__)
INSTALL_TIMEOUT_S = 900
_PROBE = """
import json, os, platform, sys
print(json.dumps({"path": [entry for entry in sys.path if entry], "markers": {
    "implementation_name": sys.implementation.name, "implementation_version": platform.python_version(),
    "os_name": os.name, "platform_machine": platform.machine(), "platform_release": platform.release(),
    "platform_system": platform.system(), "platform_version": platform.version(),
    "python_full_version": platform.python_version(),
    "platform_python_implementation": platform.python_implementation(),
    "python_version": ".".join(platform.python_version_tuple()[:2]), "sys_platform": sys.platform}}))
"""


@dataclass(frozen=True)
class RuntimePython:
    """The packages that a Python has installed, and its values of environment markers."""

    markers: Mapping[str, str]
    installed: Mapping[str, Distribution]

    @classmethod
    def probe(cls, python: Path) -> "RuntimePython":
        """Query a Python, which may be another one than LocalStack's own."""
        facts = _facts(python)
        found: dict[str, Distribution] = {}
        for distribution in distributions(path=facts["path"]):
            found.setdefault(canonicalize_name(distribution.metadata["Name"]), distribution)
        return cls(facts["markers"], found)

    def has(self, requirement: Requirement) -> bool:
        """Whether a requirement is met, with its extras and their requirements in turn."""
        return self._has(requirement, frozenset())

    def _has(self, requirement: Requirement, seen: frozenset[str]) -> bool:
        distribution = self.installed.get(canonicalize_name(requirement.name))
        if distribution is None or not requirement.specifier.contains(distribution.version, prereleases=True):
            return False
        for extra in requirement.extras:
            key = f"{canonicalize_name(requirement.name)}[{extra}]"
            if key in seen:
                continue
            for line in distribution.requires or ():
                needed = Requirement(line)
                if needed.marker and _is_only_for(needed.marker, extra, self.markers):
                    bare = Requirement(line.partition(";")[0])
                    if not self._has(bare, seen | {key}):
                        return False
        return True


@functools.cache
def _facts(python: Path) -> Any:
    """The constant facts about a Python. Reading them starts it once."""
    answer = subprocess.run([str(python), "-I", "-c", _PROBE], capture_output=True, text=True, timeout=60, check=True)
    return json.loads(answer.stdout)


def _is_only_for(marker: Marker, extra: str, markers: Mapping[str, str]) -> bool:
    return marker.evaluate({**markers, "extra": extra}) and not marker.evaluate({**markers, "extra": ""})


def missing_requirements(lines: Iterable[str], runtime: RuntimePython) -> list[str]:
    """List the requirements that a runtime does not meet; paths and URLs always count as missing.

    Raises:
        JobPreparationError: a line is not a requirement.
    """
    missing = []
    for line in lines:
        if line.startswith(("s3://", "/", "http://", "https://")):
            missing.append(line)
            continue
        try:
            requirement = Requirement(line)
        except InvalidRequirement as error:
            raise JobPreparationError(f"--additional-python-modules: {line}: {str(error).splitlines()[0]}") from error
        if requirement.marker and not requirement.marker.evaluate(dict(runtime.markers)):
            continue
        if requirement.url or not runtime.has(requirement):
            missing.append(line)
    return missing


class ModuleInstaller:
    """Installs sets of modules, each once, in folders of their own below the cache."""

    def __init__(self, python: Path, cache: Path) -> None:
        self._python = python
        self.cache = cache
        self._lock = Lock()

    def install(self, missing: Sequence[str], options: Sequence[str] = ()) -> Path:
        """Return the folder that holds these modules.

        Raises:
            JobPreparationError: they cannot be installed.
        """
        key = hashlib.sha256("\n".join([str(self._python), *sorted(missing), *options]).encode()).hexdigest()[:24]
        folder = self.cache / key
        with self._lock:
            if folder.is_dir():
                return folder
            # built beside and then renamed: another LocalStack may share the cache
            building = self.cache / f"{key}.{os.getpid()}.partial"
            shutil.rmtree(building, ignore_errors=True)
            building.mkdir(parents=True)
            try:
                self._run([*self._installer(), "--target", str(building), *options, *missing])
                if not folder.is_dir():
                    building.rename(folder)
            finally:
                shutil.rmtree(building, ignore_errors=True)
        return folder

    def _installer(self) -> list[str]:
        if uv := shutil.which("uv"):
            return [uv, "pip", "install", "--quiet", "--python", str(self._python)]
        return [str(self._python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]

    def _run(self, command: Sequence[str]) -> None:
        LOG.info("installing modules: %s", " ".join(command))
        installers.run(command, failure="Failed to install additional Python modules", timeout_s=INSTALL_TIMEOUT_S)
