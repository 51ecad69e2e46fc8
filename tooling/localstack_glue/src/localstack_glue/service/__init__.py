"""What every part of the service needs: API dispatch, request checks, errors, pages, clock, cron and stored state.

In come requests; out go answers in AWS's words.
Imports no part of the service that has a subject of its own.
"""
