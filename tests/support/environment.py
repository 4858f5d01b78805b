"""The settings of this process as its environment has them."""

from core.settings import _variables_in_files, settings


def forget() -> None:
    """Read the settings anew when they are next asked for."""
    settings.cache_clear()
    _variables_in_files.cache_clear()
