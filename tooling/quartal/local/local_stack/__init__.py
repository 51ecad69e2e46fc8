"""Starts, finds and stops a LocalStack with the Glue service on this machine."""
