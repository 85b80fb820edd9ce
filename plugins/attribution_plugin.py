"""The one module of this folder that Airflow's plugin loader executes.

It makes the loader's list (`airflow plugins`) show that the attribution package is deployed; what DAGs use is imported
from `attribution_airflow` by its full name. Every Airflow process loads this file, so it imports nothing heavy.
"""

from airflow.plugins_manager import AirflowPlugin


class AttributionPlugin(AirflowPlugin):
    """Registers nothing yet: operators, pools and assets need no registration in Airflow 3."""

    name = "attribution"
