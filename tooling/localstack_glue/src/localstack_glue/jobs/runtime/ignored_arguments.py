"""Arguments of a run that this service does not support: refused if they matter, otherwise logged."""

from collections.abc import Iterator, Mapping

_IS_OFF = ("", "false")
# enabled arguments without an effect here, with the reason
_WITHOUT_EFFECT = {
    "--class": "it names the entry point of a Scala job",
    "--continuous-log-conversionPattern": "the pattern of log lines is the service's own",
    "--enable-auto-scaling": "Spark runs on the threads of this machine",
    "--executor-cores": "Spark runs on the threads of this machine",
    "--use-postgres-driver": "the driver is the one on the class path",
    "--write-shuffle-files-to-s3": "Spark shuffles on the disk of this machine",
    "--write-shuffle-spills-to-s3": "Spark shuffles on the disk of this machine",
}
# docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html: "you should never use them"
_INTERNAL = ("--JOB_NAME", "--debug", "--endpoint", "--mode")


def refusal(merged: Mapping[str, str], *, is_spark: bool) -> str | None:
    """Why a run with these arguments is refused, or None."""
    if is_spark and merged.get("--job-language", "python").lower() != "python":
        return f"--job-language {merged['--job-language']} is not supported: glue-local runs Python scripts only"
    if is_on(merged, "--enable-lakeformation-fine-grained-access"):
        return "--enable-lakeformation-fine-grained-access is not supported: the script would read rows that it may not"
    if is_spark and merged.get("--python-virtual-env"):
        return "--python-virtual-env is not supported: name the packages in --additional-python-modules"
    return None


def ignored_argument_notes(merged: Mapping[str, str], *, is_spark: bool) -> Iterator[str]:
    """Notes on the arguments that have no effect here, or an unknown one on AWS."""
    for name in _INTERNAL:
        if name in merged:
            yield f"glue-local: {name} reaches the script; AWS Glue uses it internally, so never set it"
    if not is_spark:
        if merged.get("--extra-files"):
            yield "glue-local: --extra-files has no effect: AWS Glue does not support it for Python shell jobs"
        return
    for name, reason in _WITHOUT_EFFECT.items():
        if merged.get(name, "").lower() not in _IS_OFF:
            yield f"glue-local: {name} has no effect: {reason}"


def is_on(merged: Mapping[str, str], name: str) -> bool:
    """Whether an argument is set and not `false`. One without a value is on."""
    return name in merged and merged[name].lower() != "false"
