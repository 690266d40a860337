"""The Telegram edge: everything that imports `telegram`. Translates, never decides."""
