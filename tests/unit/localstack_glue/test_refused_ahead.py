"""A run ends before it reads anything where its script is sure to ask for what the library lacks."""

import subprocess
import sys
from pathlib import Path

import localstack_glue
from localstack_glue.jobs.runtime import bootstrap

LIBRARY = Path(localstack_glue.__file__).parent / "awsglue_runtime"
SINK = 'context.write_dynamic_frame.from_options(frame=frame, connection_type="dynamodb")\n'


def run(folder: Path, script: str) -> tuple[str, str]:
    """What a script prints, and the reason of its failure."""
    (folder / "script.py").write_text(script)
    command = [sys.executable, bootstrap.__file__, str(folder / "reason"), str(folder / "script.py")]
    around = {"PYTHONPATH": str(LIBRARY)}
    answer = subprocess.run(command, env=around, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    reason = folder / "reason"
    return answer.stdout, reason.read_text() if reason.exists() else ""


def test_script_that_is_sure_to_fail_does_nothing(tmp_path: Path):
    printed, reason = run(tmp_path, f"import awsglue\nprint('reads')\n{SINK}")

    assert printed == ""
    assert reason == "GlueUnsupportedError: glue-local's awsglue does not support the connection type dynamodb (line 3)"


def test_script_that_may_succeed_begins(tmp_path: Path):
    script = f"import sys\nprint('awsglue' in sys.modules)\nif 'awsglue' == '':\n    {SINK}"

    assert run(tmp_path, script) == ("False\n", "")
