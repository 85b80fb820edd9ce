"""Dated exchange rates: reading files of them, and which rate holds on a day. No I/O; jobs fetch and store."""
