"""How it is said: languages, catalogues, dates, what fits a phone, checks of texts."""
