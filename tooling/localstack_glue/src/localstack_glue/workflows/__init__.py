"""Triggers, workflows and schedules: the consequences of the end of a crawl or a job run.

Input: ended runs, events and the clock. Output: started crawls and job runs. It imports ``service``, and starts runs
through functions that are passed to it.
"""
