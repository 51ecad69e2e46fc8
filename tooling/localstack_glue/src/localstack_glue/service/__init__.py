"""Shared by every part of the service: API dispatch, request checks, errors, pages, clock, cron and stored state.

Input: requests. Output: responses in AWS's words. It imports no part of the service that has a subject of its own.
"""
