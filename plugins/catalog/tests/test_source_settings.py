"""Each kind of source has settings of its own; what is wrong with them is told at its line, before anything is read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from callboard_catalog.settings import CatalogSettings
from callboard_catalog.settings.remote import GitHubSource
from callboard_catalog.settings.source import FilesSource
from callboard_sdk import EntityRef, Event, Known, Plugin, Whole
from gateway.app import build
from gateway.configuration import SettingsError, read_configuration
from pydantic import ValidationError


def settings(*sources: dict[str, Any]) -> CatalogSettings:
    return CatalogSettings.model_validate({"sources": list(sources)})


def test_a_source_without_a_provider_has_files() -> None:
    [source] = settings({"name": "ours", "paths": ["catalog"]}).sources
    assert isinstance(source, FilesSource)
    assert source.provider == "files"


def test_every_source_says_when_it_is_read_and_how_much_may_go_at_once() -> None:
    given = {"every": 5, "owner": "group:default/platform", "removal_share": 0.5, "removal_floor": 0, "keep_orphans_seconds": 60}
    found = settings({"name": "gh", "provider": "github", "organization": "acme", **given}, {"name": "ours", "paths": ["x"]})
    first, second = found.sources
    assert isinstance(first, GitHubSource)
    assert (first.owner, first.removal_share, first.removal_floor) == (EntityRef("group", "default", "platform"), 0.5, 0)
    assert (second.owner, second.removal_share, second.removal_floor, second.keep_orphans_seconds) == (None, 0.2, 10, 0)
    assert (found.seconds_between(first), found.seconds_between(second)) == (5, 60)


REFUSED = {
    "a token in the clear": ({"provider": "backstage", "base_url": "http://portal.example"}, "in the clear"),
    "credentials in an address": ({"provider": "backstage", "base_url": "https://me:pw@portal.example"}, "credentials"),
    "two tokens": ({"provider": "gitlab", "group": "acme", "token": "a", "token_file": "b"}, "keep one"),
    "another host": ({"provider": "urls", "urls": ["https://evil.example/x"], "allowed_hosts": ["good.example"]}, "allowed_hosts"),
    "another scheme": ({"provider": "urls", "urls": ["file:///etc/passwd"], "allowed_hosts": ["x"]}, "no web address|not a web address"),
    "a token for several hosts": (
        {"provider": "urls", "urls": ["https://a.example/x", "https://b.example/x"], "allowed_hosts": ["a.example", "b.example"], "token": "t"},
        "several hosts",
    ),
    "a command as a repository": ({"provider": "git", "repository": "ext::sh -c id"}, "other protocols"),
    "an option as a repository": ({"provider": "git", "repository": "--upload-pack=id"}, "other protocols"),
    "a repository over ssh": ({"provider": "git", "repository": "git@host:acme/shop"}, "other protocols"),
    "an option as a ref": ({"provider": "git", "repository": "/srv/x", "ref": "--exec"}, "no name of a branch"),
    "a range as a ref": ({"provider": "git", "repository": "/srv/x", "ref": "a..b"}, "no name of a branch"),
    "no place on GitHub": ({"provider": "github"}, "write one of organization"),
    "teams of a user": ({"provider": "github", "user": "ada", "teams": True}, "are an organization's"),
    "a repository without an owner": ({"provider": "github", "repositories": ["shop"]}, "write owner/name"),
    "nobody who may push": ({"provider": "pushed", "subjects": []}, "at least 1"),
    "a plugin's source without its plugin": ({"provider": "plugin", "name": "people"}, "pattern"),
    "a short secret of a hook": ({"paths": ["x"], "hook_secret": "short"}, "at least 16"),
    "two secrets of a hook": ({"paths": ["x"], "hook_secret": "x" * 16, "hook_secret_file": "y"}, "keep one"),
    "a hook of what is never read": ({"provider": "pushed", "subjects": ["a"], "hook_secret": "x" * 16}, "never read"),
    "a hook with a slash": ({"name": "a/b", "paths": ["x"], "hook_secret": "x" * 16}, "without /"),
    "all at once is no share": ({"paths": ["x"], "removal_share": 0}, "greater than 0"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_could_not_be_read_safely_is_refused(case: str) -> None:
    given, told = REFUSED[case]
    with pytest.raises(ValidationError, match=told):
        settings({"name": "one", **given})


def test_mistakes_are_told_at_their_lines_in_the_words_of_their_provider(tmp_path: Path) -> None:
    file = tmp_path / "callboard.yaml"
    file.write_text(
        "plugins:\n  catalog:\n    sources:\n"
        "      - name: gh\n        provider: github\n        organisation: acme\n"
        "      - name: gl\n        provider: gitlub\n"
        "      - name: gl\n        provider: gitlab\n"
    )
    with pytest.raises(SettingsError) as refused:
        read_configuration(file, {}).plugin_settings("catalog", CatalogSettings)
    told = {mistake.path: (mistake.line, mistake.message) for mistake in refused.value.mistakes}
    assert told["plugins.catalog.sources.0.organisation"] == (6, "unknown key; did you mean 'organization'?")
    assert told["plugins.catalog.sources.1"][0] == 7
    assert "write one of 'files', 'urls', 'git'" in told["plugins.catalog.sources.1"][1]
    assert told["plugins.catalog.sources.2.group"] == (9, "is missing: write it")


def test_a_secret_that_is_too_short_is_told_in_characters(tmp_path: Path) -> None:
    file = tmp_path / "callboard.yaml"
    file.write_text("plugins: {catalog: {sources: [{name: a, paths: [x], hook_secret: short}]}}\n")
    with pytest.raises(SettingsError) as refused:
        read_configuration(file, {}).plugin_settings("catalog", CatalogSettings)
    [mistake] = refused.value.mistakes
    assert mistake.message == "is too short: write 16 characters or more"


def test_a_source_that_no_plugin_brings_is_a_mistake_of_the_settings(tmp_path: Path) -> None:
    made: Plugin[Any] = Plugin("rooms")

    @made.source(every=60)
    async def halls(known: Known) -> AsyncIterator[Event]:
        """The halls."""
        yield Whole()

    file = tmp_path / "callboard.yaml"
    file.write_text(
        f"database: {{url: 'sqlite+aiosqlite:///{tmp_path / 'a.sqlite'}'}}\nplugins:\n  catalog:\n    sources:\n"
        + "".join(f"    - {{provider: plugin, name: {name}}}\n" for name in ("rooms.halls", "rooms.hall", "gone.people"))
    )
    with pytest.raises(SettingsError) as refused:
        build(read_configuration(file, {}), [made])
    assert [(mistake.line, mistake.message) for mistake in refused.value.mistakes] == [
        (6, "no plugin brings 'rooms.hall': did you mean 'rooms.halls'?"),
        (7, "no plugin brings 'gone.people': add its plugin under `plugins:`, or take the source out"),
    ]


def test_a_token_shows_in_no_message() -> None:
    given = {"name": "gh", "provider": "github", "organization": "acme", "token": "s3cret", "hook_secret": "s3cret" * 3}
    assert "s3cret" not in repr(settings(given))
