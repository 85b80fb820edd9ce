"""Airflow's pools as this code names them; airflow_settings.yaml gives them slots, and a test keeps the two equal.

A task that names a pool which does not exist waits for ever without a word.
"""

GA4_API = "ga4_api"
META_API = "meta_api"
GOOGLE_ADS_API = "google_ads_api"
TIKTOK_API = "tiktok_api"
FAIRING_API = "fairing_api"
SHOPIFY_API = "shopify_api"
ANALYTICS_DB = "analytics_db"
ML_TRAINING = "ml_training"

POOLS: tuple[str, ...] = (
    GA4_API,
    META_API,
    GOOGLE_ADS_API,
    TIKTOK_API,
    FAIRING_API,
    SHOPIFY_API,
    ANALYTICS_DB,
    ML_TRAINING,
)
