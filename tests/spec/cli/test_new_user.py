"""The command line as someone new meets it: every wrong step says what, where, and what to do; nobody sees a traceback."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from gateway.cli.main import main
from gateway.cli.serve import address_of

CALLBOARD = Path(sys.executable).with_name("callboard")


@pytest.fixture
def say(tmp_path, monkeypatch, capsys):
    """Runs a command in an empty folder; gives its exit code and what it said on standard output and error."""
    monkeypatch.chdir(tmp_path)
    for name in ("CALLBOARD_SETTINGS", "CALLBOARD_URL", "CALLBOARD_TOKEN", "HOST", "PORT"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments, **files):
        for name, content in files.items():
            (tmp_path / f"{name}.yaml").write_bytes(content.encode() if isinstance(content, str) else content)
        monkeypatch.setattr("sys.argv", ["callboard", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return ended.value.code or 0, out, err

    return run


SMALL = "plugins: {catalog: }\n"


@pytest.mark.parametrize("command", [["check"], ["serve"], ["schema"], ["explain", "{a}"], ["token", "create", "--role", "a", "--subject", "b"]])  # fmt: skip
def test_without_settings_every_command_says_which_file_is_missing(say, command):
    assert say(*command) == (1, "", "✗ callboard.yaml: there is no such file: write it, or name another with --settings\n")


def test_what_is_no_settings_file_is_told_in_a_line(say, tmp_path):
    (tmp_path / "folder").mkdir()
    assert say("check", "-s", "folder")[2] == "✗ folder: can't be read: Is a directory\n"
    assert say("check", "-s", "a.yaml", a=b"\xff\xfe")[2] == "✗ a.yaml: is not UTF-8: save it as UTF-8\n"
    assert say("check", "-s", "a.yaml", a="b: c: d")[2].startswith("✗ a.yaml:1: is not YAML: mapping values are not allowed")
    tab = say("check", "-s", "a.yaml", a="server:\n\tport: 1\n")[2]
    assert tab == "✗ a.yaml:2: is not YAML: there is a tab where YAML wants spaces. Write spaces in place of the tab.\n"
    flow = "policies: {rules: ${RULES}}"
    assert say("check", "-s", "a.yaml", a=flow)[2].rstrip().endswith("inside { } and [ ] put ${...} in quotes")
    assert say("check", "-s", "a.yaml", a="a: {}\na: {}\na: {}\n")[2] == (
        "✗ a.yaml:2: a: stands twice: keep one\n✗ a.yaml:3: a: stands twice: keep one\n"
    )


MISTAKES = """\
server: {port: 99999, hots: x}
limits: {depth: 0, seconds: no, points: {}}
auth: {local: x, issuers: {}}
logs: {level: loud, jsn: true}
database: {url: mysql://x}
plugins:
  catalog: {sources: [{name: a}], refresh: 1}
  ci: {providers: [{type: gitlab}]}
  cost: [1]
policies: {rules: "${NO_SUCH_VARIABLE}"}
"""
TOLD = """\
✗ a.yaml:1: server.port: is too large: write 65535 or less
✗ a.yaml:1: server.hots: unknown key; did you mean 'host'?
✗ a.yaml:2: limits.depth: is too small: write 1 or more
✗ a.yaml:2: limits.points: is no whole number
✗ a.yaml:2: limits.seconds: is no number
✗ a.yaml:3: auth.local: is no mapping: write `key: value` lines below it
✗ a.yaml:3: auth.issuers: is no list: write `- ` lines below it
✗ a.yaml:4: logs.level: is none of what it may be: write 'debug', 'info', 'warning' or 'error'
✗ a.yaml:4: logs.jsn: unknown key; did you mean 'json'?
✗ a.yaml:5: database.url: is no database: write sqlite:///FILE or postgresql://USER@HOST/NAME
✗ a.yaml:7: plugins.catalog.sources.0.paths: is missing: write it
✗ a.yaml:7: plugins.catalog.refresh: unknown key; did you mean 'refresh_seconds'?
✗ a.yaml:8: plugins.ci.providers.0.type: is none of what it may be: write 'github'
✗ a.yaml:9: plugins.cost: is no mapping: write `key: value` lines below it
✗ a.yaml:10: policies.rules: environment variable NO_SUCH_VARIABLE is not set: set it, or write ${NO_SUCH_VARIABLE:-default}
"""


def test_every_mistake_of_the_file_is_told_at_once_the_plugins_too(say):
    assert say("check", "-s", "a.yaml", a=MISTAKES) == (1, "", TOLD)


def test_what_may_not_be_empty_is_told_in_the_singular(say):
    text = "plugins: {catalog: {sources: [{name: a, paths: []}]}, cost: {rules: [{tag: ''}]}}"
    assert sorted(line.partition(": is ")[2] for line in say("check", "-s", "a.yaml", a=text)[2].splitlines()) == [
        "empty: write at least one character",
        "empty: write at least one entry",
    ]


def test_scripts_get_every_mistake_as_json(say):
    code, out, err = say("check", "-s", "a.yaml", "--json", a=MISTAKES)
    mistakes = json.loads(out)["mistakes"]
    assert (code, err, len(mistakes)) == (1, "", TOLD.count("\n"))
    assert mistakes[0] == {"file": "a.yaml", "line": 1, "path": "server.port", "message": "is too large: write 65535 or less"}


def test_a_plugin_that_is_not_there_is_told_with_its_line_and_nothing_is_in_order(say):
    code, out, err = say("check", "-s", "a.yaml", a="plugins:\n  catalog:\n  kubernets:\n")
    assert code == 1 and "in order" not in out
    assert err.startswith("✗ a.yaml:3: plugins.kubernets: it is not installed; did you mean kubernetes?; installed are: ")


TWO = """\
server: {prt: 1}
plugins:
  catalog: {sources: [{name: a, paths: []}]}
  kubernets:
policies: {rules: rules.csv}
"""


def test_an_unknown_key_and_an_unknown_plugin_are_told_together_in_the_order_of_the_file(say):
    def places(text):
        return [line.split()[1] for line in say("check", "-s", "a.yaml", a=text)[2].splitlines()]

    assert places(TWO) == ["a.yaml:1:", "a.yaml:3:", "a.yaml:4:"], "the gateway's own, and the plugins'"
    assert places(TWO.partition("\n")[2]) == ["a.yaml:2:", "a.yaml:3:"], "the plugins' alone"
    rest = TWO.partition("\n")[2].replace("[]", "[a]")
    assert places(rest) == ["a.yaml:3:", "rules.csv:"], "and the rules'"
    mistakes = json.loads(say("check", "-s", "a.yaml", "--json")[1])["mistakes"]
    assert [list(mistake) for mistake in mistakes] == [["file", "line", "path", "message"]] * 2
    assert [(m["file"], m["line"], m["path"]) for m in mistakes] == [
        ("a.yaml", 3, "plugins.kubernets"),
        ("rules.csv", None, None),
    ]


def test_a_path_that_leads_nowhere_is_a_warning_and_no_mistake(say, tmp_path):
    (tmp_path / "there").mkdir()
    text = "plugins:\n  catalog:\n    sources:\n      - name: a\n        paths: [there, there/*.yaml, gone/**/*.yaml]\n"
    code, out, err = say("check", "-s", "a.yaml", a=text)
    told = "nothing is at gone/**/*.yaml now: mend the path, or put there what is to be read"
    assert (code, err) == (0, f"! a.yaml:5: plugins.catalog.sources.0.paths.2: {told}\n")
    assert "in order" in out
    report = json.loads(say("check", "-s", "a.yaml", "--json")[1])
    assert report["mistakes"] == []
    assert report["warnings"] == [{"file": "a.yaml", "line": 5, "path": "plugins.catalog.sources.0.paths.2", "message": told}]


def test_a_repository_in_a_folder_that_is_not_there_is_a_warning_too(say):
    source = "      - {name: NAME, provider: git, repository: 'WHERE'}\n"
    text = "plugins:\n  catalog:\n    sources:\n" + "".join(
        source.replace("NAME", name).replace("WHERE", where)
        for name, where in [("a", "gone/ours.git"), ("b", "."), ("c", "https://git.example/ours.git")]
    )
    code, _, err = say("check", "-s", "a.yaml", a=text)
    told = "nothing is at gone/ours.git now: mend the path, or put there what is to be read"
    assert (code, err) == (0, f"! a.yaml:4: plugins.catalog.sources.0.repository: {told}\n")


def test_what_plugins_keep_is_for_nobody_else_on_the_machine(say, tmp_path):
    assert say("database", "migrate", "-s", "a.yaml", a=SMALL)[0] == 0
    made = tmp_path / ".callboard" / "callboard.sqlite"
    assert [oct(path.stat().st_mode & 0o777) for path in (made.parent, made)] == ["0o700", "0o600"]


def test_a_database_whose_folder_can_not_be_made_is_a_mistake_of_the_settings(say):
    text = "plugins: {catalog: }\ndatabase:\n  url: sqlite:///a.yaml/none/x.sqlite\n"
    told = "database.url: a.yaml/none/x.sqlite can't be used: Not a directory; name a file that this user may write"
    assert say("check", "-s", "a.yaml", a=text)[2] == f"✗ a.yaml:3: {told}\n"
    assert say("serve", "-s", "a.yaml", "--port", "0", a=SMALL + "database: {url: 'sqlite:////proc/none/x'}\n")[::2] == (
        1,
        "✗ /proc/none: No such file or directory\n",
    ), "nothing but the attempt tells that it can't be"


def test_every_mistake_of_the_rules_is_told_with_what_may_be_meant(say, tmp_path):
    text = SMALL + "policies: {rules: rules.csv}\n"
    missing = "✗ rules.csv: can't be read (No such file or directory): give the path of a file of rules, or of a folder with such files\n"
    assert say("check", "-s", "a.yaml", a=text)[2] == missing
    rules = ["Component.dependsOnn", "Component.nothing", "permission:catalog.red", "Component.name"]
    (tmp_path / "rules.csv").write_text("".join(f"p, a, {rule}, read, allow\n" for rule in rules))
    told = say("check", "-s", "a.yaml")[2].splitlines()
    assert [line.partition("; did you mean ")[2] for line in told] == ["Component.dependsOn?", "", "permission:catalog.read?", ""]
    assert told[3].startswith("✗ rules.csv:4: Component.name can't be granted or denied alone")
    mistakes = json.loads(say("check", "-s", "a.yaml", "--json")[1])["mistakes"]
    assert [(mistake["file"], mistake["line"]) for mistake in mistakes] == [("rules.csv", line) for line in (1, 2, 3, 4)]
    assert mistakes[3]["message"].startswith("Component.name can't be granted or denied alone")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--role", "vewer"], "! no rule of the files is about the role 'vewer', so without one in the database it may read nothing; did you mean viewer?\n"),
        (["--role", "x"], "! no rule of the files is about the role 'x', so without one in the database it may read nothing; roles with rules: admin, developer, finance, viewer\n"),
        (["--role", "viewer", "--for", "8"], "✗ '8' is no lifetime: write a number and m, h or d, such as 8h\n"),
        (["--role", "viewer", "--for", "999d"], "✗ a token lives 1 to 7776000 seconds (90 days), not 86313600: see auth.local.max_lifetime_seconds\n"),
        (["--role", "viewer", "--group", "a:b:c"], "✗ 'a:b:c' is not an entity ref: write [kind:][namespace/]name, like group:default/payments\n"),
        (["--role", ""], None),
    ],
)  # fmt: skip
def test_a_token_that_would_not_do_what_is_meant_is_told(say, arguments, told):
    code, out, err = say("token", "create", "--subject", "bob", "-s", "a.yaml", *arguments, a=SMALL)
    assert (code, bool(out)) == ((0, True) if err.startswith("!") else (1, False))
    assert told is None or err == told


def test_a_new_plugin_can_not_take_a_name_or_a_place_that_is_none(say):
    assert say("plugin", "new", "catalog")[::2] == (1, "✗ a plugin named catalog is there already: choose another name\n")
    assert say("plugin", "new", "pager", "--in", "/proc/none")[::2] == (1, "✗ /proc/none: No such file or directory\n")


def test_a_schema_to_compare_with_must_be_one(say, tmp_path):
    command = ["schema", "-s", "a.yaml", "--against", "old.graphql"]
    assert say(*command, a=SMALL)[::2] == (2, "✗ old.graphql can't be read: No such file or directory\n")
    (tmp_path / "old.graphql").write_text("type Query {\n  a: \n")
    assert say(*command)[::2] == (2, "✗ old.graphql:3: is no schema: Syntax Error: Expected Name, found <EOF>.\n")
    (tmp_path / "old.graphql").write_text("type Query {\n  a: Nothing\n}\n")
    assert say(*command)[0] == 2


@pytest.mark.parametrize("command", [["query"], ["explain", "-s", "a.yaml"]])
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([" "], "✗ the document is empty: write one like '{ viewer { roles } }', or the path of a file\n"),
        (["none.graphql"], "✗ none.graphql is no document, and no file that can be read: No such file or directory\n"),
        (["bytes.yaml"], "✗ bytes.yaml is not UTF-8: save it as UTF-8\n"),
        (["{a}", "-v", "["], None),
        (["{a}", "-v", "[1]"], '✗ --variables is no JSON object: write {"name": value}\n'),
    ],
)
def test_a_document_and_its_variables_must_be_some(say, command, arguments, told):
    code, _, err = say(*command, *arguments, a=SMALL, bytes=b"\xff{")
    assert code == 2 and (err == told if told else err.startswith("✗ --variables is not JSON: "))


def test_a_gateway_that_is_not_there_is_named(say):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/graphql"
    told = f"✗ the gateway at {url} takes no connections at its address. Check that it runs and that its port is right.\n"
    assert say("query", "{a}", "--url", url)[::2] == (1, told)
    told = "✗ --url 'nonsense' is no address: write one like http://127.0.0.1:8080/graphql\n"
    assert say("query", "{a}", "--url", "nonsense")[::2] == (2, told)


def test_a_place_that_can_not_be_listened_at_is_told(say):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        told = say("serve", "-s", "a.yaml", "--port", port, a=SMALL)[2]
    assert told == f"✗ can't listen on 127.0.0.1:{port}: Address already in use; set HOST or PORT\n"


def test_an_address_is_told_once_it_answers_and_starting_before_that_on_a_terminal(tmp_path):
    (tmp_path / "a.yaml").write_text("plugins: {}\n")
    terminal, end = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TERM": "dumb"}
    serving = subprocess.Popen([CALLBOARD, "serve", "-s", "a.yaml", "--port", "0"], cwd=tmp_path, env=environment, stderr=end)
    os.close(end)
    said = b""
    try:
        while b"answers at" not in said or not said.endswith(b"\n"):
            said += os.read(terminal, 1000)
        url = re.search(rb"answers at (\S+)/graphql", said)[1].decode()
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{url}/healthz") as answer:
            assert answer.status == 200
    finally:
        serving.terminate()
        serving.wait()
        os.close(terminal)
    assert said.index(b"Starting the plugins ...") < said.index(b"answers at")


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080/graphql"),
        ("::1", "http://[::1]:8080/graphql"),
        ("0.0.0.0", "http://127.0.0.1:8080/graphql and at every other address of this machine"),
        ("::", "http://[::1]:8080/graphql and at every other address of this machine"),
    ],
)
def test_the_address_that_is_told_is_one_that_a_browser_can_open(host, told):
    assert address_of(host, 8080) == told


def answering(status, body):
    """A server that gives every request this answer, and what is to be closed when it isn't needed any more."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.mark.parametrize(
    ("status", "body", "code", "told"),
    [
        (401, {"errors": [{"message": "the token is expired"}]}, 1, None),
        (429, {"errors": [{"message": "too much"}]}, 1, None),
        (200, {"data": {"a": 1}}, 0, None),
        (200, "<html>", 1, "answers 200, and no GraphQL: a gateway's address ends in /graphql"),
        (404, "Not Found", 1, "answers 404, and no GraphQL: a gateway's address ends in /graphql"),
    ],
)
def test_the_gateways_own_words_are_shown_and_what_is_none_is_named(say, status, body, code, told):
    server = answering(status, (json.dumps(body) if isinstance(body, dict) else body).encode())
    try:
        ended, out, err = say("query", "{a}", "--url", f"http://127.0.0.1:{server.server_port}/")
    finally:
        server.shutdown()
        server.server_close()
    assert ended == code
    assert told in err if told else json.loads(out) == body


def by_hand(*arguments, **options):
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **options.pop("env", {})}
    return subprocess.Popen([CALLBOARD, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, **options)


def test_a_reader_that_goes_away_and_a_full_disk_are_no_tracebacks(tmp_path):
    (tmp_path / "a.yaml").write_text(SMALL)
    reading = by_hand("schema", "-s", "a.yaml", cwd=tmp_path)
    reading.stdout.close()
    assert "Traceback" not in reading.stderr.read().decode()
    reading.stderr.close()
    assert reading.wait() in (0, 1)
    with open("/dev/full", "w") as full:
        writing = subprocess.run([CALLBOARD, "schema", "-s", "a.yaml"], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE)
    assert (writing.returncode, writing.stderr.decode()) == (1, "✗ the output: No space left on device\n")


def _interruptible():
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever runs the tests in the background may have it ignored


def test_interrupting_a_command_ends_it_without_a_traceback():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        asking = by_hand("query", "{a}", "--url", url, preexec_fn=_interruptible)
        connection, _ = silent.accept()
        asking.send_signal(signal.SIGINT)
        _, err = asking.communicate()
        connection.close()
    assert asking.returncode == 130
    assert "Traceback" not in err.decode()


@pytest.mark.parametrize(("environment", "coloured"), [({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False), ({}, False)])  # fmt: skip
def test_colours_are_left_out_where_nobody_wants_them(tmp_path, environment, coloured):
    (tmp_path / "a.yaml").write_text(SMALL)
    out, _ = by_hand("check", "-s", "a.yaml", cwd=tmp_path, env=environment).communicate()
    assert ("\x1b[32m" in out.decode()) == coloured
    assert "✓" in out.decode()


def test_a_terminal_that_knows_ascii_alone_is_told_what_it_can_show(tmp_path):
    (tmp_path / "a.yaml").write_text(SMALL)
    out, err = by_hand("check", "-s", "a.yaml", cwd=tmp_path, env={"PYTHONIOENCODING": "ascii"}).communicate()
    assert (err, b"in order" in out) == (b"", True)


def test_the_version_is_told(say):
    assert say("--version")[:2] == (0, "0.1.0\n")


@pytest.mark.parametrize("command", [[], ["serve"], ["check"], ["schema"], ["query"], ["explain"], ["token"], ["token", "create"], ["plugin"], ["plugin", "new"], ["plugin", "test"], ["plugin", "list"], ["plugin", "schema"]])  # fmt: skip
def test_every_command_has_help_and_every_option_of_it_says_what_it_is(say, command):
    code, out, _ = say(*command, "--help")
    assert code == 0 and "Usage" in out
    assert "Exit codes: 0 done" in out and "<bool>" not in out
    assert say(*command, "-h")[:2] == (0, out)
