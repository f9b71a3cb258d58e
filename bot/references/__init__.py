"""A reading list in the forms that reference managers and spreadsheets read: BibTeX, RIS, CSV."""

from bot.references.forms import bibtex, citation_keys, csv_table, ris

__all__ = ["bibtex", "citation_keys", "csv_table", "ris"]
