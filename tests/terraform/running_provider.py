"""The AWS provider as one server for many commands of Terraform.

Terraform starts the provider anew for each walk through a configuration: half a second of processor time, and most
plans of these tests take less. `init` has checked it by its hashes before.
"""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_ADDRESS = re.compile(r"\{.*\}")  # in a shell's command that sets the variable


@contextmanager
def running_provider(initialised: Path, environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Serve the provider of an initialised folder until the block ends.

    It has one configuration at a time, the last one that it was given: so one command at a time, and one block
    `provider` in what it plans.

    Args:
        initialised: a folder after `terraform init`.
        environ: the process environment of the provider, which it would otherwise have from Terraform.

    Yields:
        The environment variable by which Terraform finds it.
    """
    (program,) = (initialised / ".terraform" / "providers").glob("*/*/*/*/*/terraform-provider-*")
    process = subprocess.Popen(
        [program, "-debug"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        found = next(filter(None, map(_ADDRESS.search, process.stdout)), None)
        assert found is not None, f"{program} -debug ended without saying where it serves"
        yield {"TF_REATTACH_PROVIDERS": found[0]}
    finally:
        process.send_signal(signal.SIGINT)  # on which it removes its socket
        process.communicate(timeout=60)
