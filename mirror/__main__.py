"""The `mirror` command: sets thread limits before numpy is imported, then hands over to the command line."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    from mirror.runtime.threads import limit_threads

    limit_threads()
    from mirror import cli

    sys.exit(cli.main(sys.argv[1:]))


if __name__ == "__main__":
    main()
