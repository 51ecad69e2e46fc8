"""LocalEmu as a host: LocalStack's names lead to its modules, and it finds all that LocalStack finds."""

import base64
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from localstack_glue.hosts.localemu.s3_tokens import decoded

# in a process of its own, where LocalStack is installed and LocalEmu is a package of two modules
SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from localstack_glue.hosts.localemu import names
names.answer_for_localstack()
names.answer_for_localstack()
import localstack.aws.chain as other
import localemu.aws.chain as own
from localstack.aws.chain import HandlerChain
import localstack_glue.service.clock  # whose name only begins like LocalStack's
assert other is own and HandlerChain.__module__ == "localemu.aws.chain"
assert (own.__name__, own.__package__) == ("localemu.aws.chain", "localemu.aws")
assert own.__spec__.name == "localemu.aws.chain"
assert own.loaded == 1
try:
    import localstack.services
except ModuleNotFoundError as error:
    print(error)
"""
CHAIN = """
import sys
loaded = getattr(sys, "loaded", 0) + 1
sys.loaded = loaded
class HandlerChain: ...
"""


def test_localstacks_names_lead_to_localemus_modules_each_loaded_once(tmp_path: Path):
    (tmp_path / "localemu/aws").mkdir(parents=True)
    (tmp_path / "localemu/__init__.py").touch()
    (tmp_path / "localemu/aws/__init__.py").touch()
    (tmp_path / "localemu/aws/chain.py").write_text(CHAIN)
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "No module named 'localemu.services' (LocalStack's localstack.services)\n"


@pytest.mark.parametrize(
    "group",
    [
        "aws.provider",
        "cloudformation.resource_providers",
        "hooks.on_infra_ready",
        "hooks.on_infra_shutdown",
        "hooks.on_infra_start",
    ],
)
def test_localemu_finds_what_localstack_finds(group: str):
    def ours(host: str) -> dict[str, str]:
        found = [
            point for point in entry_points(group=f"{host}.{group}") if point.module.startswith("localstack_glue.")
        ]
        return {point.attr: point.module.removeprefix(f"localstack_glue.hosts.{host}.") for point in found}

    assert ours("localemu").keys() == ours("localstack").keys()
    assert ours("localemu").keys()


def test_localemus_own_glue_is_not_another_of_the_same_name():
    names = {point.name for point in entry_points(group="localemu.aws.provider") if "localstack_glue" in point.module}
    assert names == {f"{service}:glue-local" for service in ("athena", "budgets", "glue", "quicksight")}


@pytest.mark.parametrize("key", ["day=2/é", "a b", "plain", ""])
def test_token_of_any_key_is_read(key: str):
    token = base64.b64encode(key.encode(), altchars=b"._").decode()  # as LocalEmu makes it
    assert decoded(token) == key
    assert decoded(None) == ""
