"""`python -m dashboard` is the `reliability` command."""

from dashboard.cli import main

if __name__ == "__main__":
    main()
