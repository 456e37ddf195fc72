"""``python -m tl_core``."""

from tl_core.cli.main import main

if __name__ == "__main__":
    main()
