"""`--update-plans` writes each case's plan in place of checking it."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-plans", action="store_true", help="Write the plans of tests/cases in place of checking them.")
