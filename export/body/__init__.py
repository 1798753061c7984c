"""The body-shape model: from front-view breadths to BMI and girths, trained on ANSUR II.

``python -m export.body`` trains, measures on held-out people and writes models_onnx/body-shape.onnx, its card and
its manifest table. It needs numpy and onnx, and the survey under ``$MIRROR_SHARED/data/ansur2``.
"""
