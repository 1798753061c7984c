"""Measurements of the mirror: how right its models are, how fast it is. Nothing of the mirror imports it."""
