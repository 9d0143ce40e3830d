"""The ten languages of the paper (MGSM), in its order."""

LANGUAGES = ["en", "ru", "es", "fr", "de", "zh", "ja", "bn", "th", "sw"]
