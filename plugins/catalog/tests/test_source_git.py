"""A Git repository, read at a commit by the program git, which nothing but the settings tells what to do."""

from __future__ import annotations

import asyncio
import base64
import fcntl
import os
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from callboard_catalog.descriptors.reading import Limits
from callboard_catalog.ingestion.ingestion import Ingestion
from callboard_catalog.ingestion.sources import sources_of
from callboard_catalog.plugin import plugin
from callboard_catalog.providers.git import GitRepository
from callboard_catalog.providers.git_program import Git, authorization
from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.settings import CatalogSettings
from callboard_catalog.settings.remote import GitSource
from callboard_sdk import Files, Page, Same, Unread, Unreadable
from callboard_sdk.testing import Reading
from gateway.database import open_database
from gateway.settings import DatabaseSettings
from resolvers.migrating import make_ready
from tests.faults import Answer, Request, Server
from tests.hosts.held import Held, ended, reading, told

WEB = "apiVersion: v1\nkind: Component\nmetadata: {name: web}\n"
ENVIRONMENT = {
    "PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "a"), ("EMAIL", "a@b.c"))},
}  # fmt: skip


class Work:
    """A repository in a folder, and what was read of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.held = folder / "shop.git-work", Held()
        self.cache = folder / "cache"
        self.folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit({"catalog-info.yaml": WEB, "services/a/catalog-info.yaml": "kind: API\r\n", "docs/api.md": "# API"})

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, files: dict[str, str | bytes]) -> str:
        for name, text in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "work")
        return self.git("rev-parse", "HEAD")

    async def read(self, **more: Any) -> Reading:
        given = {"provider": "git", "repository": str(self.folder), "folder": str(self.cache), **more}
        async with reading(given, max_file_bytes=2000) as read:
            return await self.held.read(read(self.held))


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(tmp_path)


KEPT = {"shop.git-work/catalog-info.yaml": WEB, "shop.git-work/services/a/catalog-info.yaml": "kind: API\n"}


async def test_descriptors_are_read_at_the_newest_commit(work: Work) -> None:
    found = await work.read()
    assert ended(found)
    assert work.held.items == KEPT
    assert found.of(Files)[0].version == work.git("rev-parse", "HEAD")


async def test_the_same_commit_is_not_fetched_again(work: Work) -> None:
    await work.read()
    found = await work.read()
    assert told(found, Same) == ["shop.git-work"]
    assert ended(found)


async def test_a_new_commit_adds_and_takes_away(work: Work) -> None:
    await work.read()
    (work.folder / "catalog-info.yaml").unlink()
    work.commit({"services/b/catalog-info.yaml": "kind: System\n"})
    assert ended(await work.read())
    assert set(work.held.items) == {f"shop.git-work/services/{one}/catalog-info.yaml" for one in "ab"}


async def test_a_branch_or_a_tag_may_be_read(work: Work) -> None:
    work.git("tag", "--annotate", "v1", "--message", "one")
    work.commit({"catalog-info.yaml": WEB + "# later\n"})
    assert ended(await work.read(ref="v1"))
    assert work.held.items == KEPT
    assert told(await work.read(ref="v1"), Same) == ["shop.git-work"]
    assert ended(await work.read(ref="main"))
    assert work.held.items["shop.git-work/catalog-info.yaml"] == WEB + "# later\n"


async def test_history_that_was_written_anew_is_read(work: Work) -> None:
    await work.read()
    work.commit({"catalog-info.yaml": "kind: A\n"})
    await work.read()
    work.git("reset", "--quiet", "--hard", "HEAD~1")
    assert ended(await work.read())
    assert work.held.items == KEPT


async def test_only_files_are_files(work: Work) -> None:
    (work.folder / "link").mkdir()
    (work.folder / "link" / "catalog-info.yaml").symlink_to("/etc/passwd")
    work.commit({})
    assert ended(await work.read())
    assert work.held.items == KEPT


async def test_what_is_wrong_with_a_file_is_told_where_it_is_read(work: Work) -> None:
    work.commit({"big/catalog-info.yaml": "#" * 3000, "odd/catalog-info.yaml": b"kind: API\nx: \xff\n"})
    assert ended(await work.read())
    big, odd = (work.held.items[f"shop.git-work/{name}/catalog-info.yaml"] for name in ("big", "odd"))
    assert (big.rule, odd.rule, odd.line, odd.column) == ("too-large", "encoding", 2, 4)


async def test_the_tree_is_read_beside_the_event_loop_while_its_event_is_looked_at(work: Work) -> None:
    async with reading({"provider": "git", "repository": str(work.folder), "folder": str(work.cache)}) as read:
        async for event in read(work.held):
            if isinstance(event, Files):
                assert await asyncio.to_thread(event.tree.text, "docs/api.md") == "# API"
                assert event.tree.below("services") == ["services/a/catalog-info.yaml"]
                with pytest.raises(Unreadable) as missing:
                    event.tree.text("docs/../catalog-info.yaml")
                assert missing.value.rule == "missing"


UNREADABLE: dict[str, tuple[dict[str, Any], str]] = {
    "a glob without a match": ({"paths": ["**/nothing.yaml"]}, "no file that the paths name"),
    "a branch that isn't there": ({"ref": "nowhere"}, "has no branch or tag nowhere"),
    "a repository that isn't there": ({"repository": "/nonexistent/shop.git-work"}, "git ls-remote failed"),
    "a git that takes too long": ({"timeout_seconds": 0.000_1}, "didn't end within"),
}


@pytest.mark.parametrize("case", UNREADABLE)
async def test_what_can_not_be_read_stays_as_it_was(work: Work, case: str) -> None:
    await work.read()
    work.commit({"catalog-info.yaml": "kind: Later\n"})
    given, why = UNREADABLE[case]
    found = await work.read(**given)
    assert [type(event) for event in found.events] == [Unread]
    assert why in str(found.of(Unread)[0].why)
    assert work.held.items == KEPT


async def test_a_repository_that_a_killed_process_left_locked_or_broken_is_fetched_anew(work: Work) -> None:
    await work.read()
    [bare] = work.cache.glob("*.git")
    for break_it in (lambda: (bare / "shallow.lock").touch(), lambda: (bare / "HEAD").write_text("nonsense")):
        break_it()
        commit = work.commit({"services/a/catalog-info.yaml": f"kind: API # {break_it}\n"})
        found = await work.read()
        assert ended(found)
        assert found.of(Files)[0].version == commit


async def test_two_readings_do_not_use_one_repository_at_once(work: Work) -> None:
    await work.read()
    [lock] = work.cache.glob("*.lock")
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        found = await work.read()
    assert "is being read already" in str(found.of(Unread)[0].why)
    assert work.held.items == KEPT


async def test_hooks_and_configuration_of_others_do_nothing(work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marks = tmp_path / "marks"
    await work.read()
    [bare] = work.cache.glob("*.git")
    hooks = bare / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("reference-transaction", "post-checkout", "pre-auto-gc"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {marks}\n")
        (hooks / name).chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        f'[core]\n\tsshCommand = touch {marks}\n[url "ext::touch {marks}"]\n\tinsteadOf = {work.folder}\n'
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    work.commit({"catalog-info.yaml": WEB + "# more\n"})
    assert ended(await work.read())
    assert not marks.exists()


# over HTTP


def settings(**more: Any) -> GitSource:
    return GitSource.model_validate({"name": "shop", "provider": "git", "folder": "unused", **more})


async def http_reading(script: Callable[[Request], Answer], tmp_path: Path, **more: Any) -> tuple[Reading, list[Request]]:
    async with Server(script) as server:
        given = settings(repository=f"{server.url}/acme/shop.git", **more | {"folder": str(tmp_path / "cache")})
        held = Held()
        read = GitRepository(given, max_bytes=2000, path=os.environ["PATH"]).read
        return await held.read(read(held)), server.requests


async def test_a_token_is_sent_in_a_header_and_stands_in_no_argument_address_or_message(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret\n")
    found, requests = await http_reading(lambda request: Answer(403), tmp_path, token_file=tmp_path / "token")
    expected = "Basic " + base64.b64encode(b"x-access-token:s3cret").decode()
    assert {request.headers["authorization"] for request in requests} == {expected}
    assert not any("s3cret" in request.target for request in requests)
    assert "s3cret" not in repr(found.events)
    git = Git(tmp_path, protocol="https", seconds=1, configured=authorization("https://host/x", "me", "s3cret"))
    assert "s3cret" not in " ".join(git.command("fetch"))
    assert told(found, Unread) == [""]


@pytest.mark.parametrize(
    "answer", [Answer(401, headers={"www-authenticate": "Basic"}), Answer(500), Answer(200, b""), Answer(200, b"<html>")]
)
async def test_a_host_that_refuses_or_talks_of_something_else_proves_nothing(answer: Answer, tmp_path: Path) -> None:
    found, _ = await http_reading(lambda request: answer, tmp_path)
    assert [type(event) for event in found.events] == [Unread]


async def test_redirects_are_not_followed(tmp_path: Path) -> None:
    async with Server(lambda request: Answer(200)) as other:
        moved = Answer(302, headers={"location": f"{other.url}/acme/shop.git/info/refs?service=git-upload-pack"})
        found, _ = await http_reading(lambda request: moved, tmp_path, token="s3cret")
        assert other.requests == []
    assert told(found, Unread) == [""]


async def test_a_host_that_does_not_answer_is_left_in_time(tmp_path: Path) -> None:
    found, _ = await http_reading(lambda request: Answer(200, delay=30), tmp_path, timeout_seconds=0.5)
    assert "didn't end within 0.5 s" in str(found.of(Unread)[0].why)


async def test_what_a_commit_took_away_is_held_back_while_no_other_comes_till_it_is_let_go(
    work: Work, database: dict[str, str]
) -> None:
    async with catalog(work, database, removal_floor=1) as (read, store, schedule):
        work.commit({f"many/{name}/catalog-info.yaml": PRINTER % name for name in "abcdef"})
        assert await read() == set("abcdef") | {"web"}
        work.git("rm", "-r", "--quiet", "many/a", "many/b", "many/c")
        work.commit({})
        await read()
        held = (await store.source("shop")).held_key
        for _ in range(2):
            assert await read() == set("abcdef") | {"web"}
            row = await store.source("shop")
            assert (row.held, row.held_of, row.held_key) == (3, 7, held)
        work.folder.rename(work.folder.with_name("away"))
        assert await read() == set("abcdef") | {"web"}
        row = await store.source("shop")
        assert row.failures == 1 and row.error is not None and row.held_key == held
        work.folder.with_name("away").rename(work.folder)
        async with store.writing() as connection:
            await schedule.allow(connection, "shop", held)
        assert await read() == set("def") | {"web"}
        row = await store.source("shop")
        assert (row.failures, row.error, row.held_key) == (0, None, None)


PRINTER = "apiVersion: a/v1\nkind: Printer\nmetadata: {name: %s}\n"


@asynccontextmanager
async def catalog(work: Work, database: dict[str, str], **common: Any) -> AsyncIterator[Any]:
    """A catalog of its own that reads the repository: what reads it and gives the names it has then, its store and its schedule."""
    opened = open_database(DatabaseSettings(url=database["url"]).url)
    source = {"name": "shop", "provider": "git", "repository": str(work.folder), "folder": str(work.cache), **common}
    settings = CatalogSettings.model_validate({"sources": [source]})
    try:
        store = CatalogStore(opened)
        await make_ready(opened, plugin.name, plugin.migrations)
        ingestion = Ingestion(sources_of(settings, {}), Limits(settings.max_file_bytes, settings.max_files), store)
        await ingestion._declare()

        async def read() -> set[str]:
            await ingestion.run(["shop"])
            return {entity.name for entity in (await store.entities(None, Page(first=100))).nodes()}

        yield read, store, ingestion.schedule
    finally:
        await opened.engine.dispose()
