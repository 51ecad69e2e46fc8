"""What a job run is made of: its arguments, files, modules, Spark configuration and process environment."""
