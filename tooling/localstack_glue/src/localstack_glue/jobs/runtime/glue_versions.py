"""The Spark version of each GlueVersion, and the messages for versions that cannot be run here (G31, G34)."""

from collections.abc import Mapping

from glue_triggers.refusals import RETIRED_VERSIONS

# Glue 5.0 has Spark 3.5.4: what runs it here is 5.1's 3.5.6
SPARK_OF: Mapping[str, str] = {"5.0": "3.5", "5.1": "3.5", "6.0": "4.1"}
NEWER_SPARK = "4.1"
# docs.aws.amazon.com/glue/latest/dg/glue-version-support-policy.html
_END_OF_LIFE = "retired: it reached its end of life on 2026-04-01, and AWS starts no job runs of it any more"
_OLDER = "older than what glue-local runs, though AWS does run it"


def why_not_run(job_name: str, run_id: str, glue_version: str) -> str | None:
    """Why a Spark job of this version does not run, or None.

    AWS accepts an unknown version in a job's definition; the run fails, with the words at the beginning of the message.
    """
    if glue_version in SPARK_OF:
        return None
    if glue_version in RETIRED_VERSIONS:
        reason = _END_OF_LIFE
    elif glue_version in ("3.0", "4.0"):
        reason = _OLDER
    else:
        reason = "not a version of Glue that glue-local knows"
    return (
        f"JobName:{job_name} and JobRunId:{run_id} failed to execute with exception Given GlueVersion [{glue_version}]"
        f" is not valid. ({glue_version} is {reason}; set the job's GlueVersion to {' or '.join(list(SPARK_OF)[1:])})"
    )
