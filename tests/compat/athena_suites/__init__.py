"""Public tests of clients of Athena."""
