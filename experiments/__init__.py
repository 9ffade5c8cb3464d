"""Study files and the harness that turns each of their trials into events and MLflow runs."""

import os

# Before anything imports tensorflow: it would open every command with lines that concern nobody.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
