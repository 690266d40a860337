"""Who may: one contract for the place staff is kept (memory, SQLite, PostgreSQL), and the use case over it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.storage.database import audit, codes, metadata, migrate, open_engine, sessions, staff
from bot.storage.staff import DatabaseStaff
from bot.usecases.access import INVITATION_LIFE, LOGIN_LIFE, SESSION_LIFE, Access, Member, NotAllowed, key_of
from bot.usecases.staff_ports import Code, Entry, KeptSession, StaffRow, StaffStore
from tests.conftest import NOW
from tests.fakes import MemoryStaff

TABLES = (staff, codes, sessions, audit)
ENTRY = Entry(datetime(2026, 11, 21, 3, 42, 17, tzinfo=UTC), "a1", "Ani", "nama", "menjadi Ani")
CODE = Code("c" * 64, "masuk", "a1", None, datetime(2026, 11, 21, 4, tzinfo=UTC))
SESSION = KeptSession("s" * 64, "a1", datetime(2026, 11, 21, 15, tzinfo=UTC))
STRANGER = Member("eeee", "Orang lain", "admin")


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[StaffStore]:
    if request.param == "memory":
        yield MemoryStaff()
        return
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/a.sqlite3" if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    await migrate(engine)
    async with engine.begin() as connection:
        for table in TABLES:
            await connection.execute(table.delete())
    yield DatabaseStaff(engine)
    await engine.dispose()


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def access(store: StaffStore, clock: Hands) -> Access:
    """One admin "ada" and one reviewer "rini" in the environment."""
    return Access(store, frozenset({"ada"}), frozenset({"rini"}), clock)


async def who(access: Access, key: str) -> Member:
    member = await access.member(key)
    assert member
    return member


# The contract.


async def test_a_name_and_a_role_are_set_apart_from_each_other(store: StaffStore) -> None:
    await store.set_name("a1", "Ani", ENTRY)
    assert await store.find("a1") == StaffRow("a1", "Ani", None)
    await store.set_role("a1", "peninjau", ENTRY)
    await store.set_name("a1", "Ani B.", ENTRY)
    assert await store.rows() == [StaffRow("a1", "Ani B.", "peninjau")]


async def test_only_an_invited_role_can_be_taken_and_everything_goes_with_it(store: StaffStore) -> None:
    await store.set_name("a1", "Ani", ENTRY)
    assert not await store.dismiss("a1", ENTRY)
    await store.set_role("a1", "admin", ENTRY)
    await store.add_code(CODE, None)
    await store.open_session(SESSION, ENTRY)
    assert await store.dismiss("a1", ENTRY)
    assert [await store.find("a1"), await store.take_code(CODE.hash, "masuk"), await store.find_session(SESSION.hash)] == [None, None, None]


async def test_a_code_comes_back_as_it_was_and_only_once_and_only_for_its_purpose(store: StaffStore) -> None:
    await store.add_code(CODE, None)
    assert await store.take_code(CODE.hash, "undang") is None
    assert await store.take_code(CODE.hash, "masuk") == CODE
    assert await store.take_code(CODE.hash, "masuk") is None


async def test_of_many_who_take_a_code_at_once_one_gets_it(store: StaffStore) -> None:
    for n in range(5):
        code = Code(f"{n}" * 64, "masuk", "a1", None, CODE.expires)
        await store.add_code(code, None)
        taken = await asyncio.gather(*(store.take_code(code.hash, "masuk") for _ in range(8)))
        assert sorted(taken, key=lambda one: one is None) == [code] + [None] * 7


async def test_closing_all_leaves_other_peoples_sessions_and_open_invitations(store: StaffStore) -> None:
    other, invitation = KeptSession("o" * 64, "b2", SESSION.expires), Code("u" * 64, "undang", "a1", "admin", CODE.expires)
    for session in (SESSION, other):
        await store.open_session(session, ENTRY)
    for code in (CODE, invitation):
        await store.add_code(code, None)
    await store.close_all("a1", ENTRY)
    assert [await store.find_session(session.hash) for session in (SESSION, other)] == [None, other]
    assert [await store.take_code(CODE.hash, "masuk"), await store.take_code(invitation.hash, "undang")] == [None, invitation]


async def test_a_purge_takes_what_is_over_and_leaves_the_rest(store: StaffStore) -> None:
    await store.add_code(CODE, None)
    await store.open_session(SESSION, ENTRY)
    await store.purge(CODE.expires)
    assert await store.take_code(CODE.hash, "masuk") is None
    assert await store.find_session(SESSION.hash) == SESSION
    await store.close_session(SESSION.hash)
    assert await store.find_session(SESSION.hash) is None


async def test_the_trail_is_told_newest_first(store: StaffStore) -> None:
    await store.write(ENTRY)
    later = Entry(ENTRY.at + timedelta(hours=1), "b2", "Budi", "undang", "'); DROP TABLE audit; --")
    await store.write(later)
    assert await store.trail(5) == [later, ENTRY]
    assert await store.trail(1) == [later]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_the_migration_makes_the_tables_the_code_expects(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/a.sqlite3" if database == "sqlite" else request.getfixturevalue("postgres_url"))
    await migrate(engine)
    for table in TABLES:
        async with engine.connect() as connection:
            made = await connection.run_sync(lambda c, name=table.name: {(x["name"], x["nullable"]) for x in sa.inspect(c).get_columns(name)})
        assert made == {(column.name, bool(column.nullable)) for column in metadata.tables[table.name].columns}
    await engine.dispose()


# The use case.


async def test_roles_come_from_the_environment_and_strangers_have_none(access: Access) -> None:
    assert (await who(access, "ada")).role == "admin"
    assert (await who(access, "rini")).role == "peninjau"
    assert await access.member("eeee") is None


async def test_an_invitation_makes_one_person_a_member_once(access: Access) -> None:
    code = await access.invite(await who(access, "ada"), "peninjau")
    joined = await access.accept(code, "b2")
    assert joined
    assert joined.role == "peninjau"
    assert await access.accept(code, "c3") is None
    assert await access.member("c3") is None


async def test_an_admin_who_tries_a_link_out_does_not_use_it_up(access: Access) -> None:
    code = await access.invite(await who(access, "ada"), "peninjau")
    assert (await access.accept(code, "ada")) == await who(access, "ada")
    assert await access.accept(code, "b2")


async def test_an_invitation_dies_after_a_day_and_with_its_makers_role(access: Access, clock: Hands) -> None:
    old = await access.invite(await who(access, "ada"), "admin")
    clock.now += INVITATION_LIFE
    assert await access.accept(old, "b2") is None
    second = await access.accept(await access.invite(await who(access, "ada"), "admin"), "b2")
    assert second
    orphan = await access.invite(second, "admin")
    assert await access.remove(await who(access, "ada"), "b2")
    assert await access.accept(orphan, "c3") is None


async def test_an_invitation_of_somebody_who_left_the_environment_is_void(store: StaffStore, access: Access, clock: Hands) -> None:
    code = await access.invite(await who(access, "ada"), "admin")
    without = Access(store, frozenset({"dewi"}), frozenset(), clock)
    assert await without.accept(code, "b2") is None


async def test_a_reviewer_can_neither_invite_nor_remove_nor_can_a_forged_member(access: Access) -> None:
    rini = await who(access, "rini")
    for acting in (rini, Member("rini", "Rini", "admin"), STRANGER):
        with pytest.raises(NotAllowed):
            await access.invite(acting, "admin")
        with pytest.raises(NotAllowed):
            await access.remove(acting, "ada")
    with pytest.raises(NotAllowed):
        await access.login_code(STRANGER)
    with pytest.raises(NotAllowed):
        await access.rename(STRANGER, "Ani")


async def test_a_login_code_works_once_and_for_ten_minutes(access: Access, clock: Hands) -> None:
    ada = await who(access, "ada")
    code = await access.login_code(ada)
    assert await access.accept(code, "b2") is None
    secret = await access.enter(code)
    assert secret
    assert await access.enter(code) is None
    late = await access.login_code(ada)
    clock.now += LOGIN_LIFE
    assert await access.enter(late) is None
    assert await access.enter("") is None
    assert await access.enter("x" * 10_000) is None


async def test_a_session_lives_twelve_hours_and_has_its_own_word_for_forms(access: Access, clock: Hands) -> None:
    ada = await who(access, "ada")
    first, second = [await access.enter(await access.login_code(ada)) for _ in range(2)]
    assert first
    assert second
    one, two = await access.session(first), await access.session(second)
    assert one
    assert two
    assert one.member == ada
    assert len({one.csrf, two.csrf, first, second}) == 4
    clock.now += SESSION_LIFE
    assert await access.session(first) is None
    assert await access.session("") is None


async def test_a_removed_member_has_no_session_no_link_and_no_role_that_moment(access: Access) -> None:
    ada = await who(access, "ada")
    joined = await access.accept(await access.invite(ada, "admin"), "b2")
    assert joined
    secret, unused = await access.enter(await access.login_code(joined)), await access.login_code(joined)
    assert secret
    assert await access.remove(ada, "b2")
    assert not await access.remove(ada, "b2")
    assert await access.session(secret) is None
    assert await access.enter(unused) is None
    with pytest.raises(NotAllowed):
        await access.invite(joined, "admin")


async def test_a_role_that_left_the_environment_ends_the_running_session(store: StaffStore, access: Access, clock: Hands) -> None:
    secret = await access.enter(await access.login_code(await who(access, "rini")))
    assert secret
    assert await access.session(secret)
    assert await Access(store, frozenset({"ada"}), frozenset(), clock).session(secret) is None


async def test_leaving_ends_one_session_and_leaving_everywhere_all(access: Access) -> None:
    ada = await who(access, "ada")
    secrets = [await access.enter(await access.login_code(ada)) or "" for _ in range(3)]
    await access.leave(secrets[0])
    assert [bool(await access.session(secret)) for secret in secrets] == [False, True, True]
    await access.leave_everywhere(ada)
    assert [bool(await access.session(secret)) for secret in secrets] == [False, False, False]


async def test_a_name_chosen_after_removal_does_not_bring_the_role_back(store: StaffStore, access: Access) -> None:
    await access.accept(await access.invite(await who(access, "ada"), "peninjau"), "b2")
    await access.remove(await who(access, "ada"), "b2")
    await store.set_name("b2", "Budi", ENTRY)
    assert await access.member("b2") is None


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "a\nb\x00", "<b>a</b>", "a\u202eb", "\ud800"])
async def test_odd_names_are_refused(access: Access, name: str) -> None:
    assert await access.rename(await who(access, "ada"), name) is None


async def test_the_list_of_staff_says_who_is_fixed(access: Access) -> None:
    ada = await who(access, "ada")
    await access.rename(ada, "Bu  Ada,  S.H.")
    await access.accept(await access.invite(ada, "peninjau"), "b2")
    await access.accept(await access.invite(ada, "admin"), "rini")
    listed = {one.member.key: (one.member.name, one.member.role, one.is_fixed) for one in await access.staff()}
    assert listed["ada"] == ("Bu Ada, S.H.", "admin", True)
    assert listed["b2"][1:] == ("peninjau", False)
    assert listed["rini"][1:] == ("admin", False)
    await access.remove(ada, "rini")
    assert (await who(access, "rini")).role == "peninjau"


async def test_every_deed_leaves_a_line_and_no_line_holds_a_code(access: Access) -> None:
    ada = await who(access, "ada")
    code = await access.invite(ada, "peninjau")
    await access.accept(code, "b2")
    await access.rename(ada, "Ada")
    login = await access.login_code(ada)
    secret = await access.enter(login)
    await access.remove(ada, "b2")
    await access.note(ada, "coba", "x" * 1000)
    await access.leave_everywhere(ada)
    lines = await access.trail(50)
    assert [line.action for line in lines] == ["keluar-semua", "coba", "keluarkan", "masuk", "nama", "terima-undangan", "undang"]
    assert lines[-1].at == NOW
    assert all(word not in str(lines) for word in (code, login, str(secret)))


def test_a_key_says_nothing_and_is_another_for_another_bot() -> None:
    key = key_of("42:abc", 777000111)
    assert len(key) == 24
    assert "777000111" not in key
    assert key != key_of("43:abc", 777000111)
