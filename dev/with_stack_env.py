"""Run a command with the variables of the running stack: `python -m dev.with_stack_env COMMAND...`.

Variables that the caller set win; without a stack the caller's environment is used as it is.
"""

import os
import sys

from dev.state import read_run_env


def main() -> None:
    """Replace this process by the command."""
    if len(sys.argv) < 2:
        raise SystemExit(f"usage: {__doc__}")
    environment = {**read_run_env(), **os.environ}
    if not environment.get("ANALYTICS_DB_URL"):
        raise SystemExit("no database: start one with `make up`, or set ANALYTICS_ADMIN_URL and ANALYTICS_DB_URL")
    os.execvpe(sys.argv[1], sys.argv[1:], environment)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main()
