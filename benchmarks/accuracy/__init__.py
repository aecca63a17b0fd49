"""How accurate the presets are: measured over seeds, kept in a small file, and written as docs/accuracy.md."""
