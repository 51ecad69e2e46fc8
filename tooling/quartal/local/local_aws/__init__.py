"""Starts, finds and stops the local AWS of this machine: LocalStack, LocalEmu or the stand-alone host, with Glue."""
