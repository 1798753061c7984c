"""From a graph's raw outputs to numbers with a meaning, one file a decoder. A card's ``decoder`` names it, its
``[model.options]`` set it; docs/own-models.md lists both."""
