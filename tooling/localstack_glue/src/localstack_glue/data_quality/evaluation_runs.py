"""Runs of rulesets over catalog tables, each in its own thread, with its role's permissions."""

import logging
import threading
import time
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from localstack_glue.athena.engine.errors import QueryCancelledError, QueryFailedError
from localstack_glue.awsglue_runtime.awsgluedq.dqdl.errors import InvalidRulesetError, UnsupportedRuleError
from localstack_glue.awsglue_runtime.awsgluedq.dqdl.evaluation import check
from localstack_glue.awsglue_runtime.awsgluedq.dqdl.grammar import parse
from localstack_glue.data_quality.filters import is_between, is_same_source
from localstack_glue.data_quality.models import EvaluationRun, RunStatus
from localstack_glue.iam.guard import RoleNotAssumableError
from localstack_glue.service.account_region import Scope
from localstack_glue.service.answers import present
from localstack_glue.service.api import Operation
from localstack_glue.service.clients import ClientFactory
from localstack_glue.service.clock import Clock
from localstack_glue.service.errors import EntityNotFoundException, InvalidInputException
from localstack_glue.service.models import JsonDict
from localstack_glue.service.pagination import page
from localstack_glue.service.signals import Signal

if TYPE_CHECKING:
    from localstack_glue.athena.engine.reading import Cancellation

LOG = logging.getLogger(__name__)
SHUTDOWN_GRACE_S = 5.0
_SESSION = "AWS-DataQuality"
_REASONS = (  # of the data, the rules and the permissions
    BotoCoreError,
    ClientError,
    InvalidRulesetError,
    NotImplementedError,
    QueryFailedError,
    RoleNotAssumableError,
)


class EvaluationRuns:
    """The calls on evaluations and their results."""

    def __init__(self, clock: Clock, lock: threading.RLock, clients: ClientFactory) -> None:
        self._clock = clock
        self._lock = lock
        self._clients = clients
        self._running: dict[str, tuple[threading.Thread, Cancellation]] = {}
        self.ended: Signal[EvaluationRun] = Signal()

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "BatchGetDataQualityResult": self.batch_get_results,
            "CancelDataQualityRulesetEvaluationRun": self.cancel,
            "GetDataQualityResult": self.get_result,
            "GetDataQualityRulesetEvaluationRun": self.get,
            "ListDataQualityResults": self.list_results,
            "ListDataQualityRulesetEvaluationRuns": self.list_runs,
            "StartDataQualityRulesetEvaluationRun": self.start,
        }

    def start(self, scope: Scope, request: JsonDict) -> JsonDict:
        """StartDataQualityRulesetEvaluationRun."""
        from localstack_glue.athena.engine.reading import Cancellation  # here: few services ever load DuckDB

        _refuse_what_is_not_done(scope, request)
        with self._lock:
            token = request.get("ClientToken")
            for earlier in scope.store.quality_runs.values():
                if token is not None and earlier.request.get("ClientToken") == token:
                    if earlier.request != request:
                        raise InvalidInputException(
                            f"{token} is the token of run {earlier.run_id}, which has other parameters"
                        )
                    return {"RunId": earlier.run_id}
            rules = [(name, _checked_rules(scope, name)) for name in request["RulesetNames"]]
            now = self._clock.now()
            run = EvaluationRun(f"dqrun-{uuid.uuid4().hex}", request, now, now)
            scope.store.quality_runs[run.run_id] = run
            stop = Cancellation()
            thread = threading.Thread(
                target=self._run, args=(scope, run, rules, stop), name=f"glue-{run.run_id}", daemon=True
            )
            self._running[run.run_id] = thread, stop
            thread.start()
        return {"RunId": run.run_id}

    def get(self, scope: Scope, request: JsonDict) -> JsonDict:
        """GetDataQualityRulesetEvaluationRun."""
        run = _find(scope, request["RunId"])
        passed = {key: value for key, value in run.request.items() if key != "ClientToken"}
        end = run.completed_on or self._clock.now()
        return passed | present(
            RunId=run.run_id,
            Status=run.status.value,
            ErrorString=run.error,
            StartedOn=run.started_on,
            LastModifiedOn=run.modified_on,
            CompletedOn=run.completed_on,
            ExecutionTime=max(0, round((end - run.started_on).total_seconds())),
            ResultIds=list(run.result_ids) or None,
        )

    def list_runs(self, scope: Scope, request: JsonDict) -> JsonDict:
        """ListDataQualityRulesetEvaluationRuns, newest first."""
        wanted = request.get("Filter") or {}
        runs = [
            run
            for run in reversed(scope.store.quality_runs.values())
            if is_same_source(wanted.get("DataSource"), run.request["DataSource"], scope.account_id)
            and is_between(run.started_on, wanted)
        ]
        found, token = page(runs, request.get("NextToken"), request.get("MaxResults"), key=lambda run: run.run_id)
        return {
            "Runs": [
                {
                    "RunId": run.run_id,
                    "Status": run.status.value,
                    "StartedOn": run.started_on,
                    "DataSource": run.request["DataSource"],
                }
                for run in found
            ],
            "NextToken": token,
        }

    def cancel(self, scope: Scope, request: JsonDict) -> JsonDict:
        """CancelDataQualityRulesetEvaluationRun."""
        with self._lock:
            run = _find(scope, request["RunId"])
            if not run.is_running:
                raise InvalidInputException(f"Run {run.run_id} has ended: {run.status.value}")
            run.status = RunStatus.STOPPING
            self._running[run.run_id][1].cancel()
        return {}

    def get_result(self, scope: Scope, request: JsonDict) -> JsonDict:
        """GetDataQualityResult."""
        found = scope.store.quality_results.get(request["ResultId"])
        if found is None:
            raise EntityNotFoundException(f"Data Quality Result {request['ResultId']} not found.")
        return dict(found)

    def batch_get_results(self, scope: Scope, request: JsonDict) -> JsonDict:
        """BatchGetDataQualityResult."""
        known = scope.store.quality_results
        wanted = request["ResultIds"]
        return {
            "Results": [known[name] for name in wanted if name in known],
            "ResultsNotFound": [name for name in wanted if name not in known],
        }

    def list_results(self, scope: Scope, request: JsonDict) -> JsonDict:
        """ListDataQualityResults, newest first; those of jobs are not kept here."""
        wanted = request.get("Filter") or {}
        results = [
            result
            for result in reversed(scope.store.quality_results.values())
            if is_same_source(wanted.get("DataSource"), result["DataSource"], scope.account_id)
            and not wanted.keys() & {"JobName", "JobRunId"}
            and is_between(result["StartedOn"], wanted)
        ]
        found, token = page(
            results, request.get("NextToken"), request.get("MaxResults"), key=lambda result: str(result["ResultId"])
        )
        members = ("ResultId", "DataSource", "StartedOn")
        return {"Results": [{key: result[key] for key in members} for result in found], "NextToken": token}

    def drain(self) -> None:
        """End all runs of now and wait for their threads."""
        with self._lock:
            running = list(self._running.values())
            for _, stop in running:
                stop.cancel()
        deadline = time.monotonic() + SHUTDOWN_GRACE_S
        for thread, _ in running:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self, scope: Scope, run: EvaluationRun, rules: list[tuple[str, str]], stop: "Cancellation") -> None:
        with self._lock:
            if run.status is RunStatus.STARTING:
                run.status = RunStatus.RUNNING
        results: list[JsonDict] = []
        status, error = RunStatus.SUCCEEDED, None
        try:
            results = self._judged(scope, run, rules, stop)
        except QueryCancelledError:
            status = RunStatus.STOPPED
        except _REASONS as failure:
            status, error = RunStatus.FAILED, str(failure)
        except Exception as failure:  # an error in this service must not leave the run RUNNING forever
            LOG.exception("internal error in the evaluation %s", run.run_id)
            status, error = RunStatus.FAILED, f"Internal Service Exception: {failure}"
        with self._lock:
            if run.status is RunStatus.STOPPING:
                status, results = RunStatus.STOPPED, []
            for result in results:
                scope.store.quality_results[result["ResultId"]] = result
                run.result_ids.append(result["ResultId"])
            run.mark_ended(status, self._clock.now(), error)
            self._running.pop(run.run_id, None)
            self.ended.send(scope, run)

    def _judged(
        self, scope: Scope, run: EvaluationRun, rules: list[tuple[str, str]], stop: "Cancellation"
    ) -> list[JsonDict]:
        from localstack_glue.data_quality.results import judge
        from localstack_glue.data_quality.table_rows import read_rows

        credentials = self._clients.assume_role(scope, run.request["Role"], _SESSION)
        sources = {"primary": run.request["DataSource"], **(run.request.get("AdditionalDataSources") or {})}
        tables: dict[str, Any] = {}
        for alias, source in sources.items():
            tables[alias] = read_rows(self._clients, scope, credentials, source, stop)
        answers = []
        for name, text in rules:
            stop.check()
            judged = judge(text, tables, self._clock.now())
            answers.append(
                judged
                | {
                    "ResultId": f"dqresult-{uuid.uuid4().hex}",
                    "DataSource": run.request["DataSource"],
                    "RulesetName": name,
                    "StartedOn": run.started_on,
                    "CompletedOn": self._clock.now(),
                    "RulesetEvaluationRunId": run.run_id,
                }
            )
        return answers


def _find(scope: Scope, run_id: str) -> EvaluationRun:
    if run_id not in scope.store.quality_runs:
        raise EntityNotFoundException(f"Data Quality Ruleset Evaluation Run {run_id} not found.")
    run: EvaluationRun = scope.store.quality_runs[run_id]
    return run


def _checked_rules(scope: Scope, name: str) -> str:
    if name not in scope.store.rulesets:
        raise EntityNotFoundException(f"Data Quality Ruleset {name} not found.")
    text: str = scope.store.rulesets[name].rules
    try:
        check(parse(text))
    except (InvalidRulesetError, UnsupportedRuleError) as error:
        raise InvalidInputException(f"Ruleset {name}: {error}") from error
    return text


def _refuse_what_is_not_done(scope: Scope, request: JsonDict) -> None:
    options = request.get("AdditionalRunOptions") or {}
    refused = [name for name in ("CloudWatchMetricsEnabled", "ResultsS3Prefix") if options.get(name)]
    if options.get("CompositeRuleEvaluationMethod") == "ROW":
        refused.append("CompositeRuleEvaluationMethod ROW")
    extra = request.get("AdditionalDataSources") or {}
    if any(alias.lower() == "primary" for alias in extra):
        raise InvalidInputException("primary is the name of the data source itself")
    for source in (request["DataSource"], *extra.values()):
        if source.get("DataQualityGlueTable") is not None:
            refused.append("DataQualityGlueTable")
            continue
        table = source.get("GlueTable")
        if table is None:
            raise InvalidInputException("A data source needs a GlueTable")
        refused += [name for name in ("ConnectionName", "AdditionalOptions") if table.get(name)]
        if table.get("CatalogId", scope.account_id) != scope.account_id:
            refused.append("a table of another catalog")
    if refused:
        raise InvalidInputException(f"Evaluations here do not support {', '.join(refused)}")
