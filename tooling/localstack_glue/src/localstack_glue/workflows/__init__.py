"""Triggers, workflows and schedules: what follows from the end of a crawl or a job run.

In come ended runs, events and the clock; out go started crawls and job runs.
Imports ``service``, and starts runs through functions that it is given.
"""
