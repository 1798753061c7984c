"""Profile and garments to sizes, colours that go together, and the look."""
