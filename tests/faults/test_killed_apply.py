"""Kill -9, and Ctrl-C, of `quartal` and of its Terraform in mid-apply and mid-destroy.

What is told is so, and what the remedy says leads on: the same command, an import of what was made when nobody could
note it any more, or the end of a lock whose owner is gone. One deployment is made in pieces, and removed in pieces.
"""

from __future__ import annotations

import re
import signal
import sys

import psutil
import pytest

from tests.integration.test_teardown import DATA, MADE, names_left

from .deployment import Deployment, Ended, Running, end, wait_until_gone

_STATES, _KEY = "states-of-a-test", "quartal/localstack/terraform.tfstate"
_BACKEND = f'bucket = "{_STATES}"\nkey = "{_KEY}"\nregion = "us-east-1"\nuse_lockfile = true\n'
_ATTEMPTS = 12  # each may name more of what was made when nobody could note it
_TAKE_IN = re.compile(r"a block `import` in infra/import.tf, with `to = \S+` and `id = \"[^\"]+\"`")
_THERE = re.compile(
    r"^creating [^(]+\((?P<id>[^()\s]+)\): .*Already.* \((?P<address>[\w-]+\.[^\s,]+), [^()]*\)$", re.MULTILINE
)
_UNLOCK = re.compile(r"`terraform force-unlock (?P<id>\S+)` in (?P<folder>[^`]+?)\.$", re.MULTILINE)


def kill_quartal(running: Running) -> None:
    """Its Terraform is left to itself, with nobody who reads what it says."""
    terraform = running.terraform()
    below = terraform.children(recursive=True)
    running.process.kill()
    running.process.wait()
    wait_until_gone(terraform, below)


def kill_terraform(running: Running) -> None:
    end(running.terraform(), signal.SIGKILL)


def kill_both(running: Running) -> None:
    terraform = running.terraform()
    running.process.kill()
    running.process.wait()
    if terraform.is_running():
        end(terraform, signal.SIGKILL)


def interrupt(running: Running) -> None:
    """Ctrl-C."""
    running.process.send_signal(signal.SIGINT)


def cut(deployment: Deployment, death, command: str, mark: str, times: int) -> Ended:
    """A command that ends by a death once so many lines with the mark have come."""
    running = deployment.start(command)
    running.wait_for(mark, times)
    death(running)
    ended = running.ended()
    sys.stdout.write(f"{command}, {death.__name__}: exit {ended.code}: ...{ended.output[-600:]}\n")
    assert not ended.has_traceback
    assert ended.code != 0
    return ended


def apply_to_the_end(deployment: Deployment) -> None:
    """The command until it says done. Where it does not, what it names is there already, and the remedy takes it in."""
    blocks: dict[str, str] = {}
    file = deployment.project / "infra" / "import.tf"
    for _ in range(_ATTEMPTS):
        ended = deployment.quartal("apply", "--no-policies")
        if ended.code == 0:
            file.unlink(missing_ok=True)
            return
        if "Review a new plan: `quartal plan`" in ended.output:  # one was left from before the death
            continue
        assert _TAKE_IN.search(" ".join(ended.output.split())) is not None, ended.output
        found = {each["address"]: each["id"] for each in _THERE.finditer(output_lines(ended))}
        assert found, ended.output
        sys.stdout.write(f"take in {', '.join(found)}\n")
        for address, name in found.items():
            of_catalog = "000000000000:" if ".aws_glue_catalog_database." in address else ""
            blocks[address] = f'import {{\n  to = {address}\n  id = "{of_catalog}{name}"\n}}\n'
        file.write_text("".join(blocks.values()))
    raise AssertionError(f"not done after {_ATTEMPTS} attempts")


def output_lines(ended: Ended) -> str:
    """Terraform's own lines, without the frame that they are shown in."""
    return "\n".join(line.strip("│ ") for line in ended.output.splitlines())


def keep_the_state_in_a_bucket(deployment: Deployment) -> None:
    """As deployments at AWS do: a lock there outlives the program that took it."""
    states = deployment.client("s3")
    states.create_bucket(Bucket=_STATES)
    state = deployment.terraform_folder / "terraform.tfstate"
    states.put_object(Bucket=_STATES, Key=_KEY, Body=state.read_bytes())
    state.unlink()
    (deployment.project / "infra" / "environments" / "localstack.s3.tfbackend").write_text(_BACKEND)


def assert_nothing_works_on_it_any_more(deployment: Deployment) -> None:
    lines = (" ".join(each.info["cmdline"] or []) for each in psutil.process_iter(["cmdline"]))
    assert [line for line in lines if deployment.prefix in line] == []


def left(deployment: Deployment) -> set[str]:
    return set(names_left(deployment.endpoint, deployment.region, deployment.prefix))


@pytest.mark.timeout(1800)
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_apply_that_is_killed_is_taken_up_where_it_ended(deployment: Deployment):
    assert cut(deployment, kill_quartal, "apply", "create", 3).code == -signal.SIGKILL
    deployment.quartal("plan", "--no-policies")
    ended = cut(deployment, kill_terraform, "apply", "create", 3)
    assert "terraform apply was ended by another program, with SIGKILL." in ended.output
    deployment.done("plan", "--no-policies")
    ended = cut(deployment, interrupt, "apply", "create", 1)
    if ended.code == 130:
        assert "`quartal plan` shows what is left to do" in ended.output
    else:  # what the killed Terraform could not note stopped it before
        assert _TAKE_IN.search(" ".join(ended.output.split())) is not None

    apply_to_the_end(deployment)
    assert left(deployment) >= DATA | MADE
    assert "no changes" in deployment.done("plan", "--no-policies").lower()


@pytest.mark.timeout(1800)
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_destroy_that_is_killed_leaves_a_lock_that_is_named_and_goes_on_after_it(deployment: Deployment):
    deployment.done("apply", "--no-policies")  # where the test above has not
    keep_the_state_in_a_bucket(deployment)
    cut(deployment, kill_both, "destroy", "delete", 2)
    locked = deployment.quartal("destroy")
    unlock = _UNLOCK.search(locked.output)
    assert locked.code != 0
    assert unlock is not None, f"exit {locked.code}: {locked.output}"
    assert unlock["folder"] == str(deployment.terraform_folder)
    deployment.terraform("force-unlock", "-force", unlock["id"])
    ended = cut(deployment, interrupt, "destroy", "terraform apply", 1)  # which would end in seconds
    assert ended.code == 130
    assert re.search("Run (`quartal destroy`|the command) again", " ".join(ended.output.split())) is not None
    deployment.done("destroy")  # whoever is interrupted unlocks the state
    assert left(deployment) == set()
    assert_nothing_works_on_it_any_more(deployment)
