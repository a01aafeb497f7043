"""What a change of the schema does to clients, in words that say which of it breaks them."""

from callboard_sdk import Batch, Plugin
from callboard_sdk.entities import Component
from gateway.fragments import fragment_mistake, written_fragment
from schema.changes import changes, report


def test_removing_is_breaking_an_enum_value_more_is_dangerous_and_a_field_more_is_safe():
    old, new = "type Query { a: Int b: E } enum E { X }", "type Query { b: E c: Int } enum E { X Y }"
    assert [(c.effect, c.kind) for c in changes(old, new)] == [
        ("breaking", "FIELD_REMOVED"),
        ("dangerous", "VALUE_ADDED_TO_ENUM"),
        ("safe", "FIELD_ADDED"),
    ]


def test_the_report_counts_what_breaks_lists_everything_and_names_the_command():
    found = changes("type Query { a: Int b: Int }", "type Query { b: String c: Int }")
    assert report(found, "The schema", "make snapshot").splitlines() == [
        "The schema has changed and its snapshot hasn't; changes that break queries that work today: 2.",
        "  breaking   Field Query.a was removed.",
        "  breaking   Field Query.b changed type from Int to String.",
        "  safe       Field Query.c was added.",
        "If that is meant, write the snapshot again and commit it: make snapshot",
    ]
    assert "work today: none." in report(found[2:], "The schema", "make snapshot")


def pager(permission: str, returns: object) -> Plugin:
    made = Plugin("pager", permissions={"pager.read": "Read it.", "pager.all": "Read all."})

    async def shift(components: Batch[Component]):
        """Who is on call."""

    shift.__annotations__["return"] = list[returns]
    made.field(on=Component, permission=permission)(shift)
    return made


def test_a_fragment_that_is_true_has_no_mistake():
    plugin = pager("pager.read", str | None)
    assert fragment_mistake(plugin, written_fragment(plugin)) is None


def test_a_plugin_s_author_is_told_what_a_change_does_even_to_who_may_read_it():
    told = fragment_mistake(pager("pager.all", bool | None), written_fragment(pager("pager.read", str | None)))
    assert told.splitlines() == [
        "What plugin 'pager' adds to the graph has changed and its snapshot hasn't; changes that break queries that work today: 1.",
        "  breaking   Field Component.shift changed type from String to Boolean.",
        "  dangerous  Component.shift needs 'pager.all', and needed 'pager.read' before.",
        "If that is meant, write the snapshot again and commit it: callboard plugin schema pager --write",
    ]


def test_a_fragment_that_is_none_is_told_where_it_breaks_and_how_it_is_written_again():
    told = fragment_mistake(pager("pager.read", str | None), "extend type Component {\n  shift: String\n}\n")
    assert told.startswith("schema.graphql:2: doesn't guard Component.shift by one of its permissions.")
    assert "callboard plugin schema pager --write" in told
