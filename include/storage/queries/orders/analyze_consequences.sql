analyze identity_changes, person_visitors, restitched, wanted_conversions, journey_visitors
