"""Where a chain's whole catalogue lives: a folder of index files, Qdrant, or Postgres with pgvector, behind one
interface with the same exact answers. A mirror itself reads its store's local file only."""
