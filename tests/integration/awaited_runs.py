"""A state machine that waits for job runs, as Step Functions' integration `glue:startJobRun.sync` does on AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from quartal.core.polling import Waiter

SYNC = "arn:aws:states:::glue:startJobRun.sync"


def check(client: Callable[[str], Any], name: str) -> None:
    """The run is the output of its state, or the cause of the state's error."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["glue.amazonaws.com"]}}
    allowed = {"Effect": "Allow", "Action": ["s3:*", "logs:*", "cloudwatch:*"], "Resource": "*"}
    iam, s3 = client("iam"), client("s3")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=_policy(allowed))
    s3.create_bucket(Bucket=name)
    try:
        good, bad = (
            _execution(client, f"{name}-{end}", role, script)
            for end, script in {"good": "print('done')", "bad": "raise SystemExit('no feed')"}.items()
        )
    finally:
        s3.delete_bucket(Bucket=name)
        iam.delete_role_policy(RoleName=name, PolicyName="all")
        iam.delete_role(RoleName=name)
    assert good["status"] == "SUCCEEDED", good.get("cause")
    run = json.loads(good["output"])
    assert (run["JobName"], run["JobRunState"]) == (f"{name}-good", "SUCCEEDED")
    assert (bad["status"], bad["error"]) == ("FAILED", "States.TaskFailed"), bad.get("cause")
    run = json.loads(bad["cause"])
    assert (run["JobName"], run["JobRunState"]) == (f"{name}-bad", "FAILED")


def _execution(client: Callable[[str], Any], job: str, role: str, script: str) -> dict[str, Any]:
    bucket, key = job.rpartition("-")[0], f"{job}.py"
    s3, glue, states = client("s3"), client("glue"), client("stepfunctions")
    s3.put_object(Bucket=bucket, Key=key, Body=script.encode())
    command = {"Name": "pythonshell", "ScriptLocation": f"s3://{bucket}/{key}", "PythonVersion": "3.9"}
    glue.create_job(Name=job, Role=role, Command=command)
    run = {"Type": "Task", "Resource": SYNC, "Parameters": {"JobName": job}, "End": True}
    definition = json.dumps({"StartAt": "Run", "States": {"Run": run}})
    machine = states.create_state_machine(name=job, definition=definition, roleArn=role)["stateMachineArn"]
    try:
        execution = states.start_execution(stateMachineArn=machine)["executionArn"]
        return Waiter[dict[str, Any]](timeout_s=120, initial_s=0.1, longest_s=0.5).wait_until(
            lambda: states.describe_execution(executionArn=execution),
            is_done=lambda ended: ended["status"] != "RUNNING",
            describe=str,
            waiting_for=f"the execution of {job}",
        )
    finally:
        states.delete_state_machine(stateMachineArn=machine)
        glue.delete_job(JobName=job)
        s3.delete_object(Bucket=bucket, Key=key)


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
