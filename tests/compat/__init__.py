"""Public test suites of others, run against the Glue service by hand."""
