"""Training images that were never written: distorted digits, digits of other pens, and what is no digit."""
