"""Smaller and quicker variants of a model: made, measured beside the full one, and refused when they lose too much."""
