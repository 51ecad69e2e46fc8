"""Hosts that the Glue service can run in on this machine: how each is installed and started."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from quartal.core.errors import ConfigurationError
from quartal.core.settings import Settings
from quartal.local.toolchain import environments
from quartal.local.toolchain.environments import ToolEnvironment

VARIABLE = "QUARTAL_HOST"
LOCALSTACK, LOCALEMU, STANDALONE = "localstack", "localemu", "standalone"


@dataclass(frozen=True, slots=True)
class LocalHost:
    """A host.

    Attributes:
        name: its name for `--host`.
        title: for messages.
        environment: the environment that it is installed in.
        command: the arguments of that environment's Python that start it in a folder, on a port.
        module: a module that must be importable there for it to start.
    """

    name: str
    title: str
    environment: Callable[[Settings], ToolEnvironment]
    command: Callable[[int, Path], tuple[str, ...]]
    module: str


HOSTS = {
    host.name: host
    for host in (
        LocalHost(
            LOCALSTACK,
            "LocalStack",
            environments.localstack_environment,
            lambda _port, _folder: ("-m", "localstack.runtime.main"),
            "localstack.runtime.main",
        ),
        LocalHost(
            LOCALEMU,
            "LocalEmu",
            environments.localemu_environment,
            lambda _port, _folder: ("-m", "localemu.runtime.main"),
            "localemu.runtime.main",
        ),
        LocalHost(
            STANDALONE,
            "glue-local",
            environments.glue_local_environment,
            lambda port, _folder: ("-m", "localstack_glue.hosts.standalone", "serve", "--port", str(port), "--verbose"),
            "localstack_glue.hosts.standalone.server",
        ),
    )
}


def chosen_host(settings: Settings, name: str | None = None) -> LocalHost:
    """The host that an option or else `QUARTAL_HOST` names; LocalStack by default.

    Raises:
        ConfigurationError: there is none of that name.
    """
    wanted = name or settings.environ.get(VARIABLE) or LOCALSTACK
    if wanted not in HOSTS:
        raise ConfigurationError(
            f"There is no host {wanted!r} for the Glue service.", remedy=f"Name one of {', '.join(HOSTS)}."
        )
    return HOSTS[wanted]
