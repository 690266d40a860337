"""The rulebook, the matching and the answer: pure and synchronous, with no clock, no files, no network."""
