"""Generated training images: distorted digits, digits in other handwriting, and images that show no digit."""
