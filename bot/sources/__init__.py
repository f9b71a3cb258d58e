"""Where papers come from: one file for each source, joined in `table`. Only this package knows HTTP."""
