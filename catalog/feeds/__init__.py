"""The kinds of feeds that shops have; each file gives rows ``(line, columns or RowError)``, one after the other."""
