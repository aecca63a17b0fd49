"""The page of results: targets, sections, figures."""
