from __future__ import annotations

from typing import TYPE_CHECKING, Any

from structlog.testing import capture_logs

from tests.slack.fake import error
from tests.slack.words import words

if TYPE_CHECKING:
    from tests.slack.listening import Paperboy

ROBOT = "https://arxiv.org/abs/2611.00001"
SYLLABUS = "https://huggingface.co/papers/2611.00002?ref=chat&x=1"


async def shared(paperboy: Paperboy, *urls: str, **how: Any) -> None:
    await paperboy.slack.link_shared(urls, **how)
    await paperboy.done()


def shown(paperboy: Paperboy) -> list[str]:
    return [words(card["blocks"]) for unfurl in paperboy.slack.unfurls for card in unfurl.unfurls.values()]


async def test_pasted_papers_are_shown_as_cards_under_their_own_addresses(paperboy: Paperboy) -> None:
    await shared(paperboy, ROBOT, "https://example.org/", SYLLABUS)
    [unfurl] = paperboy.slack.unfurls
    assert list(unfurl.unfurls) == [ROBOT, SYLLABUS]
    robot, syllabus = shown(paperboy)
    assert "Curriculum Learning for Robot Arms" in robot
    assert "A Syllabus of Tasks" in syllabus


async def test_a_link_in_a_message_being_written_waits_until_it_is_posted_and_then_keeps_to_the_rules(paperboy: Paperboy) -> None:
    await shared(paperboy, ROBOT, composer=True)
    assert paperboy.slack.unfurls == []
    await shared(paperboy, ROBOT)
    assert [unfurl.channel for unfurl in paperboy.slack.unfurls] == ["C0READING"]


async def test_the_same_paper_is_not_shown_twice_in_a_channel(paperboy: Paperboy) -> None:
    await shared(paperboy, ROBOT)
    await shared(paperboy, ROBOT)
    assert len(paperboy.slack.unfurls) == 1


async def test_a_channel_may_switch_cards_off(paperboy: Paperboy) -> None:
    await paperboy.typed("settings links off")
    await shared(paperboy, ROBOT)
    assert paperboy.slack.unfurls == []


async def test_what_is_no_paper_is_left_alone(paperboy: Paperboy) -> None:
    await shared(paperboy, "https://example.org/", "https://arxiv.org/list/cs.CL")
    assert not paperboy.slack.called("chat.unfurl")


async def test_a_button_of_a_card_is_answered_to_whoever_presses(paperboy: Paperboy) -> None:
    await shared(paperboy, ROBOT)
    interaction = await paperboy.slack.press(paperboy.slack.unfurls[0], "Abstract", user="U0BOB")
    await paperboy.done()
    [answer] = interaction.answers
    assert answer["response_type"] == "ephemeral"
    assert "stack cups" in words(answer["blocks"])


async def test_what_is_saved_from_a_card_is_said_in_the_channel(paperboy: Paperboy) -> None:
    await shared(paperboy, ROBOT)
    await paperboy.slack.press(paperboy.slack.unfurls[0], "Save", user="U0BOB")
    await paperboy.done()
    assert "Bob saved" in paperboy.said()[-1]


async def test_a_missing_scope_is_told_in_the_log_once(paperboy: Paperboy) -> None:
    paperboy.slack.acme.scopes.discard("links:write")
    with capture_logs() as logs:
        await shared(paperboy, ROBOT)
        await shared(paperboy, SYLLABUS)
    assert [(line["event"], "links:write" in line["reason"]) for line in logs] == [("links_not_shown", True)]


async def test_a_message_that_is_gone_is_no_trouble(paperboy: Paperboy) -> None:
    paperboy.slack.fault("chat.unfurl", error("cannot_unfurl_url"))
    with capture_logs() as logs:
        await shared(paperboy, ROBOT)
    assert [(line["event"], line["log_level"]) for line in logs] == [("links_not_shown", "info")]
