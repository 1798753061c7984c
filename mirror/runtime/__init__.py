"""How a graph is run: manifest, providers, threads, sessions. Knows no meaning of any tensor."""
