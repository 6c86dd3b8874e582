"""The file with the secrets: may others read it?"""

import stat
from pathlib import Path

ENV_FILE = Path(".env")


def exposed(path: Path) -> str | None:
    """Say that others can read the file; None when they cannot.

    Raises:
        FileNotFoundError: there is none.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & 0o077:
        return None
    return f"{path} can be read by other users of this machine (mode {mode:04o})."
