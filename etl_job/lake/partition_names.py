"""How folders of partitions are named."""

_ESCAPED = "\"#%'*/:=?\\\x7f{[]^"


def partition_folder(column: str, value: str) -> str:
    """A partition's folder as Spark names it: characters that mean something in paths are written ``%XX``."""
    escaped = "".join(f"%{ord(c):02X}" if ord(c) < 32 or c in _ESCAPED else c for c in value)
    return f"{column}={escaped}"
