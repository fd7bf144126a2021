//! The alert rules in `deploy/`: sound, tried on made-up series, and standing on metrics that exist.
