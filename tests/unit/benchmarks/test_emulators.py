"""Other emulators answer this machine alone."""

from __future__ import annotations

import os
import socket

import pytest

from benchmarks.emulators.emulators import OTHERS, OpenToOthersError, listening_addresses, refuse_open


def test_ministack_is_started_for_this_machine_alone():
    (mini_stack,) = (each for each in OTHERS if each.name.startswith("MiniStack"))
    assert dict(mini_stack.env)["BIND_HOST"] == "127.0.0.1"


def test_listener_of_the_process_is_found():
    with socket.create_server(("127.0.0.1", 0)):
        assert "127.0.0.1" in listening_addresses(os.getpid())


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "10.0.0.7"])
def test_emulator_that_other_machines_reach_is_refused_by_name(address):
    with pytest.raises(OpenToOthersError, match=f"MiniStack listens on {address}"):
        refuse_open("MiniStack", frozenset({"127.0.0.1", address}))


def test_emulator_on_this_machine_alone_is_accepted():
    refuse_open("MiniStack", frozenset({"127.0.0.1", "::1"}))
