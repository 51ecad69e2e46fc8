"""`quartal report`: the pipeline's history and quality on one page, and the same numbers as JSON."""
