"""Around the live mirror: reports as JSON, annotated pictures, doctor, bench."""
