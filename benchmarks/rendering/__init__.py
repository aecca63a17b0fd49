"""Pictures of digits that nobody took: written on made-up paper, and photographed under graded hardships."""
