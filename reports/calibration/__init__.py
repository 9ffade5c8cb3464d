"""Calibration: how often verdicts are false and what intervals cover, where the truth is known.

Two parts, judged by the functions that judge a report: studies drawn from simulated worlds (`simulated`), and
teams that draw images from a known population and train real, cheap learners on them (`teams`). Of studies in
which neither what is claimed nor its contrary is true, at most 5 % may have any verdict.
"""
