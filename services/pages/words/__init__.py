"""What the screens say, in Indonesian and in English: one catalogue, a file of it for each screen."""

from __future__ import annotations

from services.pages.words.catalogue import CATALOGUE, LANGUAGES, Language
from services.pages.words.speech import Words

__all__ = ["CATALOGUE", "LANGUAGES", "Language", "Words"]
