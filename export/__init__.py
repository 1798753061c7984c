"""Offline work that makes the models: training, conversion to ONNX, quantisation. Nothing of the mirror imports it."""
