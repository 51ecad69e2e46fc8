"""Data contracts for those who write them: what is wrong with one, what a change breaks, what follows from it."""
