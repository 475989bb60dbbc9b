"""The command `ums`, also as `python -m ums_client`."""

import sys

from ums_client.shell import run


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
