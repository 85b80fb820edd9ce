"""One page per tenant and week that a founder reads on a phone: what happened, and how far to trust it."""
