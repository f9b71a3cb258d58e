"""What a member may do in a channel follows from roles and overwrites as Discord documents it."""

from __future__ import annotations

from typing import Any

from discord import Permissions

from adapters.discord.rights import permissions

VIEW, SEND, EMBED, ADMIN = (Permissions(**{name: True}).value for name in ("view_channel", "send_messages", "embed_links", "administrator"))
EVERYONE: dict[str, Any] = {"id": "1", "permissions": str(VIEW | SEND)}


def overwrite(id: str, *, allow: int = 0, deny: int = 0) -> dict[str, Any]:
    return {"id": id, "type": 0, "allow": str(allow), "deny": str(deny)}


def may(*overwrites: dict[str, Any], roles: tuple[tuple[str, int], ...] = (("7", EMBED),)) -> int:
    server = [EVERYONE, {"id": "99", "permissions": str(ADMIN)}, *({"id": id, "permissions": str(bits)} for id, bits in roles)]
    return permissions(server, overwrites, roles=["1", *(id for id, _ in roles)], user="me").value


def test_roles_add_up_and_those_of_others_do_not_count() -> None:
    assert may() == VIEW | SEND | EMBED


def test_an_administrator_may_do_everything() -> None:
    assert may(overwrite("1", deny=VIEW), roles=(("9", ADMIN),)) == Permissions.all().value


def test_the_narrower_word_counts() -> None:
    assert may(overwrite("1", deny=SEND)) == VIEW | EMBED
    assert may(overwrite("1", deny=SEND), overwrite("7", allow=SEND)) == VIEW | SEND | EMBED
    assert may(overwrite("me", deny=EMBED), overwrite("7", allow=EMBED), overwrite("someone", deny=VIEW)) == VIEW | SEND


def test_among_roles_what_one_allows_is_allowed() -> None:
    two = (("7", 0), ("8", 0))

    assert may(overwrite("7", allow=EMBED), overwrite("8", deny=EMBED), roles=two) == VIEW | SEND | EMBED
