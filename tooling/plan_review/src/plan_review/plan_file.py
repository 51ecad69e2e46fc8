"""Read a saved plan of any stack: its JSON, or the file that Terraform or OpenTofu wrote."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from plan_review.errors import ReviewInputError

STDIN = "-"
_ZIP = b"PK"  # what a saved plan begins with
# the names in a saved plan, or a state, that OpenTofu has encrypted
_OF_ENCRYPTED = (b'"encrypted_data"', b'"encryption_version"')
_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}  # what PowerShell's `>` writes
_PROGRAMS = ("terraform", "tofu")
# Terraform writes schemas, states and validations with a version too
_OF_PLANS = frozenset({"planned_values", "resource_changes", "output_changes", "resource_drift"})
_SHOW_TIMEOUT_S = 300.0
_AS_JSON = "`terraform show -json FILE > plan.json` (or `tofu show`) in the folder where the plan was made"


def read_plan_file(
    name: str, stdin: Any, environ: Mapping[str, str], programs: Sequence[Sequence[str]] = ()
) -> dict[str, Any]:
    """The plan as `terraform show -json` gives it.

    Args:
        name: a file, or `-` for standard input.
        stdin: standard input, in bytes.
        environ: the process environment for Terraform, if the file is a saved plan.
        programs: further commands that can show a saved plan, besides `terraform` and `tofu`.

    Raises:
        ReviewInputError: it cannot be read, or it is not a plan.
    """
    content = stdin.read() if name == STDIN else _read(Path(name))
    if content.startswith(_ZIP) or _is_encrypted(content):
        if name == STDIN:
            raise ReviewInputError(
                "Standard input holds a saved plan, not its JSON.", remedy=f"Pass the file's name, or run {_AS_JSON}."
            )
        return _shown(Path(name).resolve(), environ, programs)
    return _parsed(content, "Standard input" if name == STDIN else f"'{name}'")


def _is_encrypted(content: bytes) -> bool:
    return all(name in content for name in _OF_ENCRYPTED) and b'"format_version"' not in content


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ReviewInputError(
            f"The plan '{path}' cannot be read: {error.strerror or error}.",
            remedy="Name the file of a saved plan or its JSON; `-` reads standard input.",
        ) from error


def _parsed(content: bytes, what: str) -> dict[str, Any]:
    try:
        text = _without_wrapping(content.decode(_BYTE_ORDER_MARKS.get(content[:2], "utf-8-sig")))
        plan = json.loads(text, object_pairs_hook=_with_names_once)
    except (ValueError, RecursionError) as error:
        lines = content.count(b'{"@level"')
        raise ReviewInputError(
            f"{what} is not the JSON of a plan: {error}."
            if not lines
            else f"{what} holds Terraform's log (`terraform plan -json`), not a plan.",
            remedy=f"Save the plan (`terraform plan -out FILE`), then run {_AS_JSON}.",
        ) from error
    if not isinstance(plan, dict) or "format_version" not in plan or not plan.keys() & _OF_PLANS:
        found = "a state" if isinstance(plan, dict) and (_is_state(plan) or "lineage" in plan) else "other JSON"
        raise ReviewInputError(
            f"{what} holds {found}, not a plan.",
            remedy=f"Save the plan (`terraform plan -out FILE`), then run {_AS_JSON}.",
        )
    return plan


def _with_names_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of the JSON; of a name that occurs twice, Python would keep the last value, and drop what it hides."""
    found = dict(pairs)
    if len(found) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"the name '{twice}' occurs twice in an object")
    return found


def _without_wrapping(text: str) -> str:
    """The JSON without lines that a wrapper around Terraform has added."""
    lines = [line for line in text.splitlines() if line.startswith('{"format_version"')]
    return lines[0] if len(lines) == 1 and not text.startswith("{") else text


def _is_state(plan: Mapping[str, Any]) -> bool:
    return "values" in plan and not plan.keys() & _OF_PLANS


def _shown(path: Path, environ: Mapping[str, str], programs: Sequence[Sequence[str]]) -> dict[str, Any]:
    """The plan as shown by the program that wrote it, which needs the providers of its folder."""
    reasons: list[str] = []
    for program in (*_installed(environ), *programs):
        for folder in _folders(path):
            try:
                shown = subprocess.run(
                    [*program, "show", "-json", str(path)],
                    cwd=folder,
                    env=dict(environ),
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=_SHOW_TIMEOUT_S,
                    check=True,
                )
            except subprocess.CalledProcessError as error:
                output = (error.stderr or error.stdout).decode(errors="replace").splitlines()
                reasons += [line.strip("│╷╵ ") for line in output[-15:] if line.strip("│╷╵ ")]
            except (OSError, subprocess.TimeoutExpired) as error:
                reasons.append(str(error))
            else:
                return _parsed(shown.stdout, f"'{path.name}'")
    raise ReviewInputError(
        f"The saved plan '{path.name}' cannot be read here: only the program and the providers that made "
        "it can read it.",
        remedy=f"Run {_AS_JSON}, then review plan.json.",
        details=tuple(dict.fromkeys(reasons))[:12],
    )


def _installed(environ: Mapping[str, str]) -> Iterator[list[str]]:
    for name in _PROGRAMS:
        found = shutil.which(name, path=environ.get("PATH", ""))
        if found is not None:
            yield [found]


def _folders(path: Path) -> Iterator[Path]:
    """Folders where Terraform may have been initialised: here, the plan's folder, and the folders next to it."""
    seen = set()
    for folder in (Path.cwd(), path.parent, *sorted(child for child in path.parent.iterdir() if child.is_dir())):
        if (folder / ".terraform").is_dir() and folder not in seen:
            seen.add(folder)
            yield folder
    if not seen:
        yield path.parent
