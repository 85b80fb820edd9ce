"""The doorbells between jobs. Work is found in tables; an event only shortens the wait for the next look.

Scheme `x-`: Airflow 3.3 keeps such a URI as it is written. It would end any other with a slash and ask every installed
provider for a rule, in each process that parses a DAG.
"""

from airflow.sdk import Asset

CONVERSIONS = Asset(name="conversions", uri="x-attribution://conversions")
"""Conversions were written or opened again. Rung by imports, the webhook queue, both reconciliations, surveys."""

ATTRIBUTION = Asset(name="attribution", uri="x-attribution://attribution")
"""Credit was written. Rung by every job that writes credit."""
