"""Makes a new plugin's distribution from the template that ships with the gateway."""

from __future__ import annotations

from pathlib import Path

_SKIPPED = {"__pycache__", ".pytest_cache"}


def template_folder() -> Path:
    """The template: in the package when installed from a wheel, beside it in a checkout."""
    here = Path(__file__).parent
    return next(place for place in (here / "template", here.parent / "plugins" / "template") if place.is_dir())


def make_plugin(name: str, target: Path) -> None:
    """Copy the template to `target`, with `example` renamed to the plugin's name in paths and texts."""
    source = template_folder()
    for file in sorted(source.rglob("*")):
        if file.is_dir() or _SKIPPED & set(file.parts):
            continue
        place = target / renamed(str(file.relative_to(source)), name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(renamed(file.read_text(encoding="utf-8"), name), encoding="utf-8")


def renamed(text: str, name: str) -> str:
    """The template's text with its own name replaced, in each way that the name is written."""
    title = "".join(part.title() for part in name.split("_"))
    return (
        text.replace("callboard-example", f"callboard-{name.replace('_', '-')}")
        .replace("example", name)
        .replace("Example", title)
    )
