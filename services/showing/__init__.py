"""How answers look to people: calm, no wider than 120 columns where that can be, and with nothing cut off."""
