"""Arguments of a run that this service does not support: refused if they matter, otherwise logged."""

from collections.abc import Iterator, Mapping

_IS_OFF = ("", "false")
# enabled arguments without an effect here, with the reason
_WITHOUT_EFFECT = {
    "--continuous-log-conversionPattern": "the pattern of log lines is the service's own",
    "--enable-auto-scaling": "Spark runs on the threads of this machine",
    "--executor-cores": "Spark runs on the threads of this machine",
    "--use-postgres-driver": "the driver is the one on the class path",
}


def refusal(merged: Mapping[str, str], *, is_spark: bool) -> str | None:
    """Why a run with these arguments is refused, or None."""
    if is_spark and merged.get("--job-language", "python").lower() != "python":
        return f"--job-language {merged['--job-language']} is not supported: glue-local runs Python scripts only"
    if is_spark and merged.get("--class"):
        return "--class is not supported: glue-local runs Python scripts only"
    if is_spark and merged.get("--python-virtual-env"):
        return "--python-virtual-env is not supported: name the packages in --additional-python-modules"
    return None


def ignored_argument_notes(merged: Mapping[str, str], *, is_spark: bool) -> Iterator[str]:
    """Notes on the arguments that have no effect here."""
    if not is_spark:
        return
    for name, reason in _WITHOUT_EFFECT.items():
        if merged.get(name, "").lower() not in _IS_OFF:
            yield f"glue-local: {name} has no effect: {reason}"


def is_on(merged: Mapping[str, str], name: str) -> bool:
    """Whether an argument is set and not `false`. One without a value is on."""
    return name in merged and merged[name].lower() != "false"
