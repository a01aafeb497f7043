"""Logs of tests show no variables: a traceback in a failing test stays readable."""

import structlog

structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])
