"""The addresses of the service's own endpoints, which hosts know before there is a service to answer them."""

from collections.abc import Mapping

CONTROL = "/_glue/"

# the methods of each endpoint, by the path after `/_glue/`
METHODS: Mapping[str, tuple[str, ...]] = {
    "health": ("GET",),
    "clock": ("GET", "POST"),
    "iam": ("GET",),
    "faults": ("GET", "POST", "DELETE"),
    "reset": ("POST",),
}
