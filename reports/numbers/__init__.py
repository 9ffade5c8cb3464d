"""Scores and statistics: numbers in, numbers out."""
