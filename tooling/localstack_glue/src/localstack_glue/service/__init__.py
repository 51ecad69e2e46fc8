"""Shared by every part of the service: API dispatch, request checks, errors, pages, clock, cron and stored state.

Input: requests. Output: responses with AWS's messages. It imports none of the service's specific parts.
"""
