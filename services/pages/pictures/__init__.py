"""Pictures, drawn as SVG by pure functions: the same figures give the same text, byte for byte.

Colour and type are the style sheet's, by class; a picture holds no style, no script and no address of anybody else's.
Each has a title and a description, and the page beside it says the same in a table.
"""
