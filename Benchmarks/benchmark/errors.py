"""What every part of the runner may say."""


class BenchmarkError(Exception):
    """What makes a figure worthless: says what was wanted and what was found."""
