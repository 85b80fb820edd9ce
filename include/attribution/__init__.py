"""Attribution: which touchpoints earned which sale.

The rules and their sources are in docs/attribution.md. Everything here is a pure function of columns.
"""

from include.attribution.journey import Journeys
from include.attribution.minor_units import allocate_minor_units
from include.attribution.weights import MODELS, credit_weights

__all__ = ["MODELS", "Journeys", "allocate_minor_units", "credit_weights"]
