"""Many trials: slots, progress, models that stay."""
