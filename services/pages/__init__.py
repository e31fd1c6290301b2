"""The screens: what people read. Indonesian first and English, pictures drawn as SVG, no address outside."""
