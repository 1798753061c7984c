"""Where frames come from: one small contract, one file per kind of source."""
