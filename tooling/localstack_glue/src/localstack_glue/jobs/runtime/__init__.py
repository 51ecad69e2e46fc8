"""The parts of a job run: its arguments, files, modules, Spark configuration and process environment."""
