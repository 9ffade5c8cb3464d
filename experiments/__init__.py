"""Study files and the harness that turns each of their trials into events and MLflow runs."""
