"""What a plan says of itself: what is called, what is read beside it, what is denied. Each plan stands here as text."""

from __future__ import annotations

from textwrap import dedent

import pytest
import pytest_asyncio

from .zoo import RULES, make_zoo, planned, running_zoo, told

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def harness(tmp_path_factory):
    async with running_zoo(tmp_path_factory.mktemp("zoo"), make_zoo()) as harness:
        yield harness


async def text_of(harness, document, variables=None, *, role="keeper"):
    title, _, rest = told(await planned(harness, document, variables, role=role)).partition("\n")
    return title, dedent(rest)


def is_plan(found: str, expected: str) -> None:
    assert found == dedent(expected).strip("\n")


async def test_the_title_says_what_runs_and_under_which_policy(harness):
    title, _ = await text_of(harness, "query Everything { cages { number } }")
    assert title == "query Everything under policy VERSION"
    title, _ = await text_of(harness, "mutation { feed(amount: 1) { number } }")
    assert title == "mutation (anonymous) under policy VERSION"


async def test_what_is_stored_is_read_together_and_what_is_computed_is_computed(harness):
    _, found = await text_of(harness, "{ cages { number lock { maker code } spare { maker } crowded names(length: 1) } }")
    is_plan(
        found,
        """
          call cages = zoo.cages
            read number, lock { maker, code }, spare { maker }
            compute crowded
            compute names
        """,
    )


async def test_a_union_has_a_part_for_each_type(harness):
    _, found = await text_of(
        harness, "{ cages { pets { __typename ... on Cat { name lives } ... on Dog { name barks greeting } } } }"
    )
    is_plan(
        found,
        """
          call cages = zoo.cages
            take pets
              on Cat
                read __typename, name, lives
              on Dog
                read __typename, name, barks
                compute greeting
        """,
    )


async def test_an_interface_is_told_once_for_the_types_that_are_alike(harness):
    _, found = await text_of(
        harness,
        "{ things(first: 4) { totalCount nodes { name vet { name } ... on Component { type } ... on Group { title } } } }",
    )
    is_plan(
        found,
        """
          call things = zoo.things
            read totalCount
            compute nodes
              on Component
                read name
                call vet = zoo.vet: one list per zoo
                  read name
                compute type
              on API | Domain | Location | OpaqueEntity | Resource | System | Template | User
                read name
                call vet = zoo.vet: one list per zoo
                  read name
              on Group
                read name, title
                call vet = zoo.vet: one list per zoo
                  read name
        """,
    )


async def test_a_type_of_which_nothing_is_asked_is_not_told(harness):
    _, found = await text_of(harness, "{ cages { pets { ... on Dog { name } } } }")
    is_plan(
        found,
        """
          call cages = zoo.cages
            take pets
              on Dog
                read name
        """,
    )


async def test_fields_of_one_key_are_merged_and_keep_their_first_place(harness):
    document = """
        { cages { number lock { maker } ...More crowded number lock { code } } }
        fragment More on Cage { lock { maker } crowded }
    """
    _, found = await text_of(harness, document)
    is_plan(
        found,
        """
          call cages = zoo.cages
            read number, lock { maker, code }
            compute crowded
        """,
    )


async def test_an_alias_stands_before_its_field_and_makes_it_another_step(harness):
    _, found = await text_of(harness, "{ one: cages { n: number } two: cages { lock { by: maker } short: names(length: 1) } }")
    is_plan(
        found,
        """
          call one: cages = zoo.cages
            read n: number
          call two: cages = zoo.cages
            read lock { by: maker }
            compute short: names
        """,
    )


async def test_fragments_leave_no_trace(harness):
    plain = await text_of(harness, "{ cages { number lock { maker } } }")
    spread = await text_of(harness, "{ ...A } fragment A on Query { cages { ...B } } fragment B on Cage { number ...C }"
                           " fragment C on Cage { ... on Cage { lock { maker } } }")  # fmt: skip
    assert spread == plain


@pytest.mark.parametrize(
    ("no", "expected"),
    [
        (True, "call cages = zoo.cages\n  read lock { maker }"),
        (False, "call cages = zoo.cages\n  read number\n  compute crowded"),
    ],
)
async def test_what_is_skipped_or_not_included_is_not_in_the_plan(harness, no, expected):
    document = """
        query ($no: Boolean!) {
          cages { number @skip(if: $no) ... @skip(if: $no) { crowded } ...Locks @include(if: $no) }
          things(first: 1) @include(if: false) { totalCount }
        }
        fragment Locks on Cage { lock { maker code @skip(if: true) } }
    """
    _, found = await text_of(harness, document, {"no": no})
    assert found == expected


async def test_a_mutation_has_its_steps_in_order(harness):
    _, found = await text_of(harness, "mutation { feed(amount: 1) { number } again: feed(amount: 2) { crowded } }")
    is_plan(
        found,
        """
          call feed = zoo.feed
            read number
          call again: feed = zoo.feed
            compute crowded
        """,
    )


async def test_what_is_denied_is_a_denial_and_no_step(harness):
    _, found = await text_of(
        harness, "mutation { feed(amount: 1) { number } again: feed(amount: 2) { crowded } }", role="visitor"
    )
    is_plan(
        found,
        """
          deny feed (no rule grants zoo.feed to visitor)
          deny again: feed (no rule grants zoo.feed to visitor)
        """,
    )


async def test_a_denial_inside_of_what_is_read_with_others_is_told_with_its_place(harness):
    document = "{ cages { number lock { maker code } spare { pin: code } } }"
    _, found = await text_of(harness, document, role="visitor")
    is_plan(
        found,
        """
          call cages = zoo.cages
            read number, lock { maker }, spare {}
            deny lock.code (no rule grants zoo.open to visitor)
            deny spare.pin: code (no rule grants zoo.open to visitor)
        """,
    )
    assert "deny" not in (await text_of(harness, document))[1]


async def test_what_is_denied_inside_of_what_is_read_with_others_is_null_with_its_path(harness):
    answer = await harness.ask("{ cages { number lock { maker code } spare { pin: code } } }", roles=["visitor"])
    locked = {"maker": "Acme", "code": None}
    assert answer.data == {
        "cages": [{"number": 1, "lock": locked, "spare": [{"pin": None}] * 2}, {"number": 2, "lock": None, "spare": None}]
    }
    assert [(error["path"], error["extensions"]["coordinate"]) for error in answer.errors] == [
        (["cages", 0, "lock", "code"], "Lock.code"),
        (["cages", 0, "spare", 0, "pin"], "Lock.code"),
        (["cages", 0, "spare", 1, "pin"], "Lock.code"),
    ]


async def test_a_rule_that_denies_is_named(tmp_path):
    async with running_zoo(tmp_path, make_zoo(), RULES + "p, keeper, Cage.number, read, deny\n") as harness:
        _, found = await text_of(harness, "{ cages { number crowded } }")
    is_plan(
        found,
        """
          call cages = zoo.cages
            deny number (rule: keeper, Cage.number, read, deny)
            compute crowded
        """,
    )


async def test_introspection_is_resolved_by_the_engine_too(harness):
    _, found = await text_of(harness, "{ __typename __schema { queryType { name } } }")
    is_plan(
        found,
        """
          read __typename
          resolve __schema, once for each parent
            resolve queryType, once for each parent
              resolve name, once for each parent
        """,
    )


async def test_with_code_each_row_loop_follows_once(harness):
    found = told(await planned(harness, "{ cages { lock { maker } } again: cages { number } }"), code=True)
    is_plan(
        found,
        """
        query (anonymous) under policy VERSION
          call cages = zoo.cages
            read lock { maker }
          call again: cages = zoo.cages
            read number

        # rows of Query: cages, again
        def rows_of_Query(objects, x0, x1):
            return [{"cages": v_x0, "again": v_x1} for o, v_x0, v_x1 in zip(objects, x0, x1)]

        # rows of Cage: lock
        # known_3: the classes whose objects were found to be a Lock
        # check_4: looks at the first object of a class, whether it may be a Lock
        def rows_of_Cage(objects):
            out = []
            append = out.append
            for o in objects:
                v1 = o.lock
                if v1 is None:
                    d2 = None
                else:
                    if v1.__class__ not in known_3:
                        check_4(v1)
                    v5 = v1.maker
                    if v5.__class__ is not str and v5 is not None:
                        raise Anomaly
                    d2 = {"maker": v5}
                append({"lock": d2})
            return out

        # rows of Cage: number
        def rows_of_Cage(objects):
            out = []
            append = out.append
            for o in objects:
                v1 = o.number
                if (v1.__class__ is not int or not -2147483648 <= v1 <= 2147483647) and v1 is not None:
                    raise Anomaly
                append({"number": v1})
            return out
        """,
    )
