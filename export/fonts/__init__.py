"""The bundled Chinese letters: a subset of Noto Sans SC with those that the screen says, and no others."""
