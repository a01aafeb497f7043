"""The command line by hand: right use, wrong input, and output for scripts."""

import json

import pytest
from gateway.cli.main import app, main
from typer.testing import CliRunner

run = CliRunner().invoke


@pytest.fixture
def settings(tmp_path):
    file = tmp_path / "callboard.yaml"
    file.write_text(
        f"auth: {{local: {{key_file: {tmp_path}/key.pem}}}}\ndatabase: {{url: 'sqlite+aiosqlite:///{tmp_path}/db.sqlite'}}\n"
    )
    return str(file)


def test_check_tells_scripts_what_it_found(settings):
    result = run(app, ["check", "-s", settings, "--json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["mistakes"] == []


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path, monkeypatch, capsys):
    file = tmp_path / "bad.yaml"
    file.write_text("server:\n  prt: 1\nlimits: {depth: many}\nplugns: {}\n")
    monkeypatch.setattr("sys.argv", ["callboard", "check", "-s", str(file)])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    assert ended.value.code == 1
    assert "bad.yaml:2: server.prt" in told and "'port'" in told
    assert "bad.yaml:3: limits.depth" in told
    assert "bad.yaml:4: plugns" in told and "'plugins'" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("text", ["a: [", "- 1\n- 2\n", "a: 1\na: 2\n", "server: {host: '${NOT_SET_ANYWHERE}'}\n"])
def test_a_file_that_is_no_settings_is_refused_without_a_traceback(tmp_path, monkeypatch, capsys, text):
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    monkeypatch.setattr("sys.argv", ["callboard", "check", "-s", str(file)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "bad.yaml" in capsys.readouterr().err


def test_a_token_is_made_and_a_wrong_lifetime_refused(settings):
    made = run(app, ["token", "create", "-s", settings, "--role", "viewer", "--subject", "alice", "--json"])
    assert json.loads(made.stdout)["token"].count(".") == 2
    assert run(app, ["token", "create", "-s", settings, "--role", "viewer", "--subject", "alice", "--for", "soon"]).exit_code == 1


def test_schema_tells_a_breaking_change_by_its_exit_code(settings, tmp_path):
    sdl = run(app, ["schema", "-s", settings]).stdout
    same = tmp_path / "same.graphql"
    same.write_text(sdl)
    assert run(app, ["schema", "-s", settings, "--against", str(same)]).exit_code == 0
    same.write_text(sdl.replace("type Query {", 'type Query {\n  """Gone."""\n  gone: Int\n'))
    assert run(app, ["schema", "-s", settings, "--against", str(same)]).exit_code == 1


def test_a_new_plugin_is_a_whole_distribution_under_its_own_name(tmp_path):
    assert run(app, ["plugin", "new", "pager", "--in", str(tmp_path)]).exit_code == 0
    made = tmp_path / "callboard-pager"
    texts = "".join(p.read_text() for p in made.rglob("*") if p.is_file())
    assert (made / "callboard_pager" / "__init__.py").is_file()
    assert "example" not in texts.lower()
    assert run(app, ["plugin", "new", "pager", "--in", str(tmp_path)]).exit_code == 1
    assert run(app, ["plugin", "new", "Not A Name", "--in", str(tmp_path)]).exit_code == 2


def test_explain_shows_what_would_be_called_denied_and_spent(settings):
    result = run(app, ["explain", "-s", settings, "--role", "viewer", "{ viewer { subject } rateLimit { cost } }"])
    assert result.exit_code == 0, result.output
    assert "call viewer = core.viewer" in result.stdout and "read subject" in result.stdout
    assert "cost 1 points: at most 2 objects" in result.stdout
    denied = run(app, ["explain", "-s", settings, "{ viewer { subject } }", "--json"])
    assert any("deny viewer" in line for line in json.loads(denied.stdout)["plan"])
    code = run(app, ["explain", "-s", settings, "--role", "viewer", "--code", "{ viewer { subject } }"])
    assert '{"subject": v' in code.stdout and 'append({"viewer": ' in code.stdout


@pytest.mark.parametrize(
    "document", ["{ nothing }", "{", "query A { viewer { subject } } query B { viewer { subject } }", "no-such-file.graphql"]
)
def test_explain_says_what_is_wrong_with_a_document(settings, document):
    result = run(app, ["explain", "-s", settings, document])
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("{", "✗ 1:2: Syntax Error: Expected Name, found <EOF>.\n"),
        ("query A {\n  viewer { subjct }\n  nothing\n}", "✗ 2:12: Cannot query field 'subjct' on type 'ViewerInfo'. Did you mean 'subject'?\n✗ 3:3: Cannot query field 'nothing' on type 'Query'.\n"),
    ],
)  # fmt: skip
def test_explain_says_where_in_a_document_it_is_wrong(settings, document, told):
    result = run(app, ["explain", "-s", settings, "--role", "viewer", document])
    assert (result.exit_code, result.stderr) == (1, told)
