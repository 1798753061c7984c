"""scikit-learn pipelines saved by joblib to ONNX: the seed's catalogue embedder, trees on pixels and a projection."""
