"""The store: what Paperboy keeps, on a Redis or Valkey server of its own or yours."""
