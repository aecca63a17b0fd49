"""Pictures: a file, bytes, an image or an array of any kind becomes ink on black, and ink an image in MNIST's frame.

decoder_output       what Pillow and libtiff print, kept from the terminal
unknown_format       error messages for files that are no pictures
grays                any colour mode and bit depth -> 8-bit grey or RGB
paper                background estimates: one shade, a plane of light, or a local estimate
size_limits          how many pixels a picture may have, and how long its sides may be
documents            PDF pages
endings              how the names of picture files end
decoding             any source -> upright pixels
contrast             the difference from the background, for ink of any colour
line_detection       straight lines by a Hough transform
ruling               removal of ruled lines
blank                detection of blank sheets
sheet                detection of a sheet on a table
shading              background and contrast under shadows; polarity and thickness of strokes
colour               contrast of colours without their brightness
cleaning             contrast -> ink: noise and components that are no strokes removed
surroundings         how much of the surroundings of ink is as dark as the ink
ink                  pixels -> ink, by all of these; and other binarizations
loading              any source -> ink and notes
stroke_normalization slant, contrast and stroke thickness as in MNIST
mnist_frame          ink -> an image in the 28 x 28 frame
"""
