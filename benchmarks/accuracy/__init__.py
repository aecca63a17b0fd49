"""How accurate the presets are: trained with several seeds, measured, summarised, and written as docs/accuracy.md."""
