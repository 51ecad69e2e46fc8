"""Data contracts for their authors: draft one, find its problems, try it on files, see what a change breaks."""
