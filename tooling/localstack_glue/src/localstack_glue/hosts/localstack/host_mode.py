"""Prevents LocalStack in host mode from sharing files with other LocalStacks, and its port with the network."""

import functools
import ipaddress
from pathlib import Path
from typing import Any
from unittest.mock import patch


def keep_s3_objects_in(folder: Path) -> None:
    """Have LocalStack keep larger S3 objects in this folder.

    LocalStack 4.13 writes them to one fixed folder in /tmp: two LocalStacks with buckets of one name would share the
    files, deleting a bucket in one would take them from the other, and a second user of the machine could not write.
    """
    from localstack.services.s3.storage.ephemeral import EphemeralS3ObjectStore

    original = EphemeralS3ObjectStore.__init__

    @functools.wraps(original)
    def in_folder(self: Any, root_directory: str | None = None) -> None:
        del root_directory
        folder.mkdir(parents=True, exist_ok=True)
        original(self, str(folder))

    EphemeralS3ObjectStore.__init__ = in_folder


def bind_only_to_configured_hosts() -> None:
    """Have LocalStack bind to the hosts of `GATEWAY_LISTEN`.

    LocalStack 4.13 takes the port and binds it on every IPv4 interface: `127.0.0.1:4566`, its own default, is open
    to the network.
    """
    from localstack.runtime.server.twisted import TwistedRuntimeServer
    from twisted.internet import endpoints

    original = TwistedRuntimeServer.register

    @functools.wraps(original)
    def register(self: Any, gateway: Any, listen: list[Any], ssl_creds: tuple[str, str] | None = None) -> None:
        for address in listen:
            bound = functools.partial(endpoints.TCP4ServerEndpoint, interface=bind_address(address.host))
            with patch.object(endpoints, "TCP4ServerEndpoint", bound):
                original(self, gateway, [address], ssl_creds)

    TwistedRuntimeServer.register = register


def bind_address(host: str) -> str:
    """The address to bind for a host of `GATEWAY_LISTEN`; empty, every interface, for another name."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ""
