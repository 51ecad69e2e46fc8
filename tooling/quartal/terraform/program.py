"""Terraform for one environment: python-terraform builds the command lines, the process module runs them."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from python_terraform import IsFlagged
from python_terraform import Terraform as CommandLine

from quartal.core import process
from quartal.core.errors import CommandError, NotDeployedError, TerraformConfigurationError, TerraformError
from quartal.terraform.events import Diagnostic, TerraformEvent, parse_event
from quartal.terraform.initialised import forget_initialised, is_initialised, note_initialised
from quartal.terraform.known_outputs import read_outputs, state_hash, write_outputs
from quartal.terraform.remedies import explain
from quartal.terraform.retained_data import StateResource, state_resources
from quartal.terraform.unwritten_state import keep_dumped_state, refuse_unwritten_state
from quartal.terraform.working_copy import StagedRoot

EventHandler = Callable[[TerraformEvent], None]
_NO_PROVIDER = "Required plugins are not installed"


class Terraform:
    """Runs Terraform in a staged root.

    Args:
        binary: the program.
        staged: where it runs.
        env: its whole process environment.
    """

    def __init__(self, binary: Path, staged: StagedRoot, env: Mapping[str, str]) -> None:
        self._binary = binary
        self._staged = staged
        self._env = env
        self._variables = f"infra/{staged.var_file}"
        self._command_line = CommandLine(working_dir=str(staged.folder), terraform_bin_path=str(binary))

    @property
    def is_initialised(self) -> bool:
        """Whether another `init` would change nothing."""
        return is_initialised(self._staged, self._binary, self._env)

    def init(self, *, migrate: bool = False) -> None:
        """Fetch the provider and connect the backend; the committed lock file decides versions and checksums.

        With `migrate`, the state moves from the backend that was used before to this one.
        """
        options: dict[str, Any] = {
            "input": False,
            "no_color": IsFlagged,
            "lockfile": "readonly",
        }
        options |= {"migrate_state": IsFlagged, "force_copy": IsFlagged} if migrate else {"reconfigure": IsFlagged}
        if self._staged.backend_config:
            options["backend_config"] = list(self._staged.backend_config)
        forget_initialised(self._staged)
        self._run("init", **options)
        note_initialised(self._staged, self._binary, self._env)

    def plan(
        self,
        on_event: EventHandler,
        *,
        destroy: bool = False,
        refresh_only: bool = False,
        targets: tuple[str, ...] = (),
    ) -> bool:
        """Save a plan to the staged root's plan file, and return whether it has changes.

        With `refresh_only`, it has the differences between the state and reality; with `targets`, only these resources
        and the ones that depend on them.
        """
        refuse_unwritten_state(self._staged.folder)
        self._staged.folder.chmod(0o700)  # state and plan hold what only their owner may read
        options = {
            "out": str(self._staged.plan_file),
            "var_file": self._staged.var_file,
            "detailed_exitcode": IsFlagged,
            "destroy": IsFlagged if destroy else None,
            "refresh_only": IsFlagged if refresh_only else None,
            "target": list(targets),
            "lock_timeout": "60s",
        }
        success_codes = (0, 2)  # -detailed-exitcode: 2 means changes
        try:
            completed = self._run_with_events("plan", on_event, success_codes=success_codes, **options)
        except TerraformError as error:
            if _NO_PROVIDER not in error.details:
                raise
            self.init()  # the provider was removed or damaged since the last one
            completed = self._run_with_events("plan", on_event, success_codes=success_codes, **options)
        self._staged.plan_file.chmod(0o600)
        return completed.exit_code == 2

    def show_plan(self) -> dict[str, Any]:
        """The saved plan as `terraform show -json` gives it."""
        answer: dict[str, Any] = json.loads(self._run("show", str(self._staged.plan_file), json=IsFlagged).stdout)
        return answer

    def resources(self) -> tuple[StateResource, ...]:
        """The resources in the state: deployed, and not destroyed since."""
        return state_resources(json.loads(self._run("show", json=IsFlagged).stdout))

    def apply_plan(self, on_event: EventHandler) -> None:
        """Apply exactly the saved plan."""
        refuse_unwritten_state(self._staged.folder)
        self._run_with_events("apply", on_event, str(self._staged.plan_file), lock_timeout="60s")

    def outputs(self) -> dict[str, Any]:
        """The root module's outputs, name to value.

        Raises:
            NotDeployedError: nothing has been applied.
        """
        if not self._staged.is_connected:
            raise _not_deployed()
        known = read_outputs(self._staged)
        if known is not None:
            return known
        before = state_hash(self._staged)
        values = json.loads(self._run("output", json=IsFlagged).stdout)
        if not values:
            raise _not_deployed()
        outputs = {name: output["value"] for name, output in values.items()}
        write_outputs(self._staged, outputs, of=before)
        return outputs

    def _run(self, command: str, *arguments: str, **options: Any) -> process.CompletedCommand:
        line = self._command_line.generate_cmd_string(command, *arguments, **options)
        try:
            return process.run(line, cwd=self._staged.folder, env=self._env)
        except CommandError as error:
            raise self._error(command, error.command_exit_code, "\n".join(error.details), ()) from error

    def _run_with_events(
        self,
        command: str,
        on_event: EventHandler,
        *arguments: str,
        success_codes: tuple[int, ...] = (0,),
        **options: Any,
    ) -> process.CompletedCommand:
        diagnostics: list[Diagnostic] = []

        def on_line(line: str) -> None:
            keep_dumped_state(self._staged.folder, line)
            event = parse_event(line)
            if event is None:
                return
            if event.diagnostic is not None and event.diagnostic.is_error:
                diagnostics.append(event.diagnostic)
            on_event(event)

        line = self._command_line.generate_cmd_string(command, *arguments, json=IsFlagged, input=False, **options)
        completed = process.run(
            line, cwd=self._staged.folder, env=self._env, success_codes=None, on_stdout_line=on_line
        )
        if completed.exit_code not in success_codes:
            raise self._error(command, completed.exit_code, completed.stderr, tuple(diagnostics))
        return completed

    def _error(self, command: str, exit_code: int, text: str, diagnostics: tuple[Diagnostic, ...]) -> TerraformError:
        details = tuple(line for diagnostic in diagnostics for line in diagnostic.lines()) or tuple(
            line.strip("│╷╵ ") for line in text.splitlines() if line.strip("│╷╵ ")
        )
        forget_initialised(self._staged)  # it may be what a new `init` mends
        refuse_unwritten_state(self._staged.folder, exit_code=exit_code, details=details)
        if exit_code < 0:
            return TerraformError(
                f"terraform {command} was ended by another program, with {_signal_named(-exit_code)}.",
                exit_code=exit_code,
                remedy="`quartal plan` shows what is left to do, and names the lock if the state is still locked. "
                "The system may have run out of memory.",
                details=details,
            )
        known = explain("\n".join(details), variables=self._variables, folder=str(self._staged.folder))
        if known is None:
            return TerraformError(
                f"terraform {command} failed.",
                exit_code=exit_code,
                remedy="The lines above are Terraform's. `quartal plan` shows what is left to do.",
                details=details,
            )
        kind = TerraformConfigurationError if known.is_configuration else TerraformError
        return kind(known.message, exit_code=exit_code, remedy=known.remedy, details=details)


def _signal_named(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _not_deployed() -> NotDeployedError:
    return NotDeployedError("Nothing is deployed in this environment yet.", remedy="Deploy it: `quartal apply`.")
