"""`python -m ums_service`: see `cli`."""

import gc


def main() -> None:
    """Run the command line.

    What is imported stays, so the collector need not look at it, again and again: that
    is a tenth of the time until the service is ready.
    """
    gc.disable()
    from ums_service.cli import main as run  # noqa: PLC0415 - the collector rests first

    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    main()
