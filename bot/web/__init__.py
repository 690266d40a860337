"""The web edge: everything that imports `starlette`. Translates, never decides."""
