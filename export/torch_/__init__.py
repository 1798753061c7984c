"""PyTorch models to ONNX: reference architectures with a state dict, TorchScript, or a net of the user's own code."""
