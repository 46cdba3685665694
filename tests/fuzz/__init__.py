"""Damaged input of every kind, drawn from a seed: `python -m tests.fuzz` looks for what nobody foresaw."""
