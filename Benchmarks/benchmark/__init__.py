"""The runner's parts: see bench.py."""
