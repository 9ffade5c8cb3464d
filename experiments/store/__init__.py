"""Events to MLflow; the only package of experiments that imports mlflow."""
