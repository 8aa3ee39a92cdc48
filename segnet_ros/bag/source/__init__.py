"""The bag that is read: whole or cut off, mcap or sqlite3, never written to."""
