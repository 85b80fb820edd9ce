"""All models at once: weights and exact amounts of every touch, side by side."""

from dataclasses import dataclass
from datetime import timedelta

from include.attribution.journey import Float64, Int64, Journeys
from include.attribution.minor_units import allocate_minor_units
from include.attribution.weights import DEFAULT_HALF_LIFE, DEFAULT_POSITION_WEIGHTS, MODELS, credit_weights


@dataclass(frozen=True)
class Credits:
    """Per model of MODELS: weights float64[m], amounts int64[m] in minor units of the conversion's currency."""

    weights: dict[str, Float64]
    amounts_minor: dict[str, Int64]


def credit_all(
    journeys: Journeys,
    values_minor: Int64,
    *,
    half_life: timedelta = DEFAULT_HALF_LIFE,
    position_weights: tuple[float, float, float] = DEFAULT_POSITION_WEIGHTS,
    touch_weight: Float64 | None = None,
) -> Credits:
    """Return what `credit_weights` and `allocate_minor_units` return, for every model."""
    weights = {
        model: credit_weights(
            journeys, model, half_life=half_life, position_weights=position_weights, touch_weight=touch_weight
        )
        for model in MODELS
    }
    amounts = {model: allocate_minor_units(journeys.offsets, weights[model], values_minor) for model in MODELS}
    return Credits(weights, amounts)
