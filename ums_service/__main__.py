"""`python -m ums_service`: see `cli`."""

from ums_service.cli import main

if __name__ == "__main__":
    main()
