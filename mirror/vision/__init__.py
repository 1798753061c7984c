"""What a graph means: pre- and post-processing of every model, each behind one small reader class."""
