#!/usr/bin/env bash
# A state machine of moto that waits for a Glue job run (`glue:startJobRun.sync`) fails once the run has succeeded.
#
# moto 5.2.5. Its interpreter of state machines, which comes from LocalStack, ends every wait by interrupting whoever waits for
# the state's task token. A state for Glue has no token, so the execution ends with an AttributeError as its cause. On AWS the
# run is the output of the state: https://docs.aws.amazon.com/step-functions/latest/dg/connect-glue.html
#
# Output seen: job run SUCCEEDED, execution FAILED: 'NoneType' object has no attribute 'interrupt_all'
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'moto[glue,stepfunctions]==5.2.5' boto3==1.44.5
cd "$work"
AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 \
"$work/venv/bin/python" -W ignore - 2>/dev/null <<'PY'
import json
import time

import boto3
from moto import mock_aws

STATE = {
    "Type": "Task",
    "Resource": "arn:aws:states:::glue:startJobRun.sync",
    "Parameters": {"JobName": "clean"},
    "End": True,
}

with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
    glue, states = boto3.client("glue"), boto3.client("stepfunctions")
    role = "arn:aws:iam::123456789012:role/r"
    glue.create_job(Name="clean", Role=role, Command={"Name": "glueetl", "ScriptLocation": "s3://b/s.py"})
    definition = json.dumps({"StartAt": "Run", "States": {"Run": STATE}})
    machine = states.create_state_machine(name="quarterly", definition=definition, roleArn=role)["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    deadline = time.monotonic() + 60
    while (ended := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        if time.monotonic() > deadline:
            raise SystemExit("changed: the execution does not end")
        time.sleep(0.2)
    (run,) = glue.get_job_runs(JobName="clean")["JobRuns"]
    cause = ended.get("cause", "").rpartition(". ")[2]
    print(f"job run {run['JobRunState']}, execution {ended['status']}: {cause}")
    assert (run["JobRunState"], ended["status"]) == ("SUCCEEDED", "FAILED")
    assert cause == "'NoneType' object has no attribute 'interrupt_all'"
PY
