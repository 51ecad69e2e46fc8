"""Stand-alone as the host: a separate server, which serves Glue, Athena, QuickSight and Budgets itself.

moto in the same process serves the rest, or another emulator behind a URL. moto's code for AWS's protocols parses
requests and writes responses. LocalStack is not needed.
"""
