"""Tenants' own copies of their figures as files: what, when, and how a reader never sees half of it."""
