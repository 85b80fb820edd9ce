"""Speed as ratios inside one run: against peers, a naive version, or the physical floor. `make bench` runs them all.

A time alone says what machine it was; a ratio says what the code is worth. Each module measures one subject and returns
rows; each row has a target and says whether it was met.
"""
