"""Pictures: from a file, bytes, an image or an array of any kind to ink on black.

decoding        any source -> upright pixels
decoder_errors  what Pillow raises
unknown_format  what no picture is, in words
documents       PDF pages
grays           any pixels -> one grey value a pixel
paper           the paper as it would look without ink
contrast        one contrast for ink of any colour
sheet           the sheet on its table
ruling          ruled lines taken out, strokes kept
blank           sheets on which nothing is but their own lines and edges
shading         shadows, thick pens, polarity
colour          ink told by its colour alone
cleaning        contrast -> ink, without noise and without what is no stroke
surroundings    what lies beside ink: paper, or more of the same
mnist_frame     ink -> the 28 x 28 frame
stroke_normalization slant, contrast and thickness as in MNIST
ink             pixels -> ink, by all of these; and other ways of looking
loading         source -> ink and notes, one look after another
"""
