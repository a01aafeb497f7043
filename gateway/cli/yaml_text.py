"""YAML that every reader reads the same: what one version or library of it might take for anything but text is in quotes."""

from __future__ import annotations

import re
from typing import Any

import yaml

_PLAIN = re.compile(r"[A-Za-z_/](?:[\w ./:@+,()-]*[\w./)-])?", re.ASCII)
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_BLOCK = re.compile(r"(?!\s)(?:[^\s\x00-\x1f\x7f-\x9f\ufeff\ufffe\uffff\u2028\u2029]|[ ](?!\n)|\n(?![ ]*\t))*", re.ASCII)
_WIDE = 1_000_000
_BASE: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_BASE):  # type: ignore[misc]  # chosen at run time: the compiled one where there is one
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: Any, value: str) -> Any:
    style = None
    if "\n" in value and _BLOCK.fullmatch(value):
        style = "|"
    elif not _PLAIN.fullmatch(value) or value.lower() in _WORDS:
        style = '"' if not value.isprintable() else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _float(dumper: Any, value: float) -> Any:
    text = repr(value)
    return dumper.represent_scalar("tag:yaml.org,2002:float", text if "." in text else text.replace("e", ".0e"))


_Dumper.add_representer(str, _text)
_Dumper.add_representer(float, _float)


def yaml_text(value: Any) -> str:
    """One document, ended by a newline: keys in their order, texts of several lines as blocks where they can be."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDE, default_flow_style=False)
    return text
