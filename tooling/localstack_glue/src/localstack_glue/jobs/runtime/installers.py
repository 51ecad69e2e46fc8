"""The environment of pip and uv, and the cause in their output when they fail."""

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence

from localstack_glue.jobs.runtime.files import JobPreparationError

# LocalStack may run with another environment: this passes the installer's variables to it
HANDED_OVER = "LOCALSTACK_GLUE_INSTALLER_ENVIRONMENT"
CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT")
_LONGEST = 1000
_CAUSE = re.compile(r"^(error|cause|caused by)\b:?\s*|^×\s*|^╰─▶\s*|^├─▶\s*|^│\s*", re.IGNORECASE)  # noqa: RUF001
_ASIDE = re.compile(r"^(hint|warning|notice|\[notice\]|using cpython|looking in|resolved|downloading)\b", re.IGNORECASE)


def run(command: Sequence[str], *, failure: str, timeout_s: float) -> str:
    """Run an installer and return its output.

    Args:
        command: the program and its arguments.
        failure: the beginning of the message when it fails; the cause follows.
        timeout_s: how long it may take.

    Raises:
        JobPreparationError: it failed, does not exist or took too long.
    """
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=True,
            stdin=subprocess.DEVNULL,
            env=environment(os.environ),
        ).stdout
    except subprocess.CalledProcessError as error:
        raise JobPreparationError(f"{failure}: {cause(error.stderr, error.returncode)}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise JobPreparationError(f"{failure}: {error}") from error


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of an installer: this one, what was handed over, and the certificates by all of their names."""
    handed_over = json.loads(environ.get(HANDED_OVER) or "{}")
    found = {**environ, **{str(name): str(value) for name, value in handed_over.items()}}
    certificate = next((found[name] for name in CERTIFICATES if found.get(name)), None)
    return found if certificate is None else {**dict.fromkeys(CERTIFICATES, certificate), **found}


def cause(stderr: str, exit_code: int) -> str:
    """Why an installer failed, in its own words: without warnings, progress and hints."""
    found: list[str] = []
    for line in stderr.splitlines():
        text = line.strip()
        if re.match(r"hint\b", text, re.IGNORECASE):
            break  # what follows is advice
        if not text or _ASIDE.match(text):
            continue
        plain = _CAUSE.sub("", text).strip()
        if plain and plain not in found:
            found.append(plain)
    if not found:
        return f"exit code {exit_code}"
    return ": ".join(found)[:_LONGEST]
