"""What keeps Paperboy safe, line by line, each with what does it and the tests that prove it. SECURITY.md shows this list."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that holds."""

    about: str
    holds: str
    """Plain words, for whoever decides whether to trust it. Markdown."""
    tests: tuple[str, ...]
    """Names of functions; wherever they stand."""


CHECKLIST = (
    Line(
        "Requests of Slack",
        "Signed (HMAC-SHA256) over the raw bytes, which are looked at by nobody before; for five minutes, either way. What is "
        "signed and makes no sense is turned away at the door. Discord is heard over its gateway alone: there is no address to "
        "forge requests to.",
        (
            "test_a_signature_is_over_the_bytes_that_came",
            "test_a_signature_counts_for_five_minutes",
            "test_nothing_unsigned_gets_in_and_nothing_falls_over",
            "test_nobody_without_the_secret_is_heard",
            "test_a_body_that_is_too_large_is_refused_before_it_is_looked_at",
            "test_a_payload_of_any_shape_is_answered",
            "test_a_payload_of_any_shape_is_answered_or_let_pass",
        ),
    ),
    Line(
        "Installing by OAuth",
        "The `state` works once, for ten minutes, in the browser that began; the redirect address is ours letter by letter; pages "
        "leak nothing and run nothing.",
        (
            "test_a_state_works_once",
            "test_a_state_works_for_ten_minutes",
            "test_only_the_browser_that_began_may_finish_and_nobody_can_spoil_it",
            "test_the_cookie_is_for_this_host_over_https_alone",
            "test_people_are_sent_to_slack_with_our_redirect_letter_by_letter",
            "test_nothing_is_smuggled_into_slacks_address",
            "test_no_page_leaks_its_address_or_runs_anything",
            "test_an_installation_that_nobody_began_is_not_finished",
            "test_a_state_that_was_begun_is_good_for_nobody_else",
        ),
    ),
    Line(
        "Tokens at rest",
        "Encrypted with the first of `SECRET_KEYS` (Fernet); `python -m bot rotate-keys` changes the key under running workers. A "
        "record moved to another workspace's place does not open. Slack's rotating tokens are renewed by one process at a time.",
        (
            "test_no_token_is_in_any_stored_byte",
            "test_no_token_and_no_key_is_in_what_is_shown_or_said",
            "test_keys_are_changed_without_anybody_noticing",
            "test_what_is_saved_during_a_rotation_is_not_overwritten_and_rotated_too",
            "test_a_record_put_in_another_workspaces_place_is_refused",
            "test_of_two_processes_one_renews_and_the_other_goes_on_with_the_old_token",
            "test_many_calls_at_once_in_two_processes_renew_once",
        ),
    ),
    Line(
        "What it asks for on Slack",
        "`commands` and `chat:write`; everything else is optional, has a use, and what is missing without it is named.",
        (
            "test_no_scope_is_asked_for_without_a_use",
            "test_every_method_that_is_called_has_its_scope",
            "test_no_other_event_is_handled",
            "test_an_installation_is_told_what_it_goes_without",
        ),
    ),
    Line(
        "What it asks for on Discord",
        "The scopes `bot applications.commands`, the least permissions digests need, and the intent `guilds` alone unless the "
        "operator wants more.",
        (
            "test_the_least_permissions_are_the_least",
            "test_rights_that_are_missing_in_every_server_are_wrong_and_named",
            "test_without_the_intent_nothing_is_heard_and_commands_go_on",
            "test_what_is_not_to_the_bot_is_not_read",
        ),
    ),
    Line(
        "Who may change a channel",
        "On Slack everybody but guests, on Discord whoever manages the server, until the channel chooses; asked again when the "
        "command is carried out. A command is about the channel it was given in: there is no way to type another one.",
        (
            "test_who_does_not_manage_the_server_changes_nothing_until_it_is_opened_to_all",
            "test_who_does_not_manage_the_server_does_not_by_mention_either",
            "test_a_guest_may_look_and_change_nothing_however_open_the_channel_is",
            "test_where_admins_manage_others_are_told_who_may_and_can_still_look",
            "test_somebody_of_another_company_is_a_guest",
            "test_who_has_left_a_channel_changes_it_no_more",
            "test_it_shows_the_viewers_channels_and_no_others",
        ),
    ),
    Line(
        "Neighbours",
        "Workspaces never see, change or slow down each other, though they share every name and id: whatever is asked is answered "
        "word for word as if there were no other.",
        (
            "test_whatever_the_neighbour_does_the_answers_are_the_same",
            "test_what_one_asks_does_not_count_against_the_other",
            "test_a_button_of_the_neighbours_opens_nothing_here",
            "test_votes_and_tokens_of_one_are_not_of_the_other",
            "test_on_slack_two_workspaces_with_the_same_ids_are_two",
            "test_each_workspace_is_spoken_to_with_its_own_token",
            "test_no_cookie_of_one_workspace_is_sent_for_another",
            "test_a_token_gives_its_command_for_thirty_days_in_its_own_server",
        ),
    ),
    Line(
        "Where it goes",
        "To the sources in its table, over http(s), ports 80 and 443, at public addresses alone: a name is resolved, refused if "
        "any of its addresses is not, and connected to at the address that was looked at. Five redirects at most, each checked, "
        "none to another site or out of TLS. No proxy and no netrc of the environment. Only a host that the operator names in a "
        "setting may be elsewhere. Nobody else can name an address to fetch.",
        (
            "test_an_address_inside_of_anything_is_not_public",
            "test_a_name_that_leads_inside_is_asked_nothing",
            "test_the_address_that_was_looked_at_is_the_one_that_is_asked",
            "test_a_redirect_leads_no_further_than_the_first_request",
            "test_a_redirect_to_somewhere_else_is_not_followed",
            "test_no_other_port_is_asked",
            "test_a_real_server_inside_is_not_reached",
            "test_a_mirror_that_the_operator_named_may_be_inside",
            "test_five_redirects_are_enough",
            "test_a_redirect_never_leaves_tls",
            "test_a_token_does_not_go_to_another_machine_of_the_service",
        ),
    ),
    Line(
        "What comes back from there",
        "At most 5 MB (10 of arXiv), counted as they are unpacked, within 80 seconds a try: arXiv is slow. A web page, a bomb, a "
        "stream without end, a drip, half a document is an error of the source, which keeps its place and costs the others "
        "nothing.",
        (
            "test_two_hundred_megabytes_of_gzip_are_not_unpacked",
            "test_a_stream_without_end_is_left",
            "test_a_drip_is_given_so_long_and_no_longer",
            "test_an_endless_stream_is_left_at_the_limit",
            "test_a_web_page_with_status_200_is_not_taken_for_an_answer",
            "test_a_list_of_hugging_face_is_read_or_garbled",
            "test_a_page_of_hugging_face_is_read_or_garbled",
            "test_an_answer_of_arxiv_is_read_or_garbled",
            "test_texts_without_end_are_kept_short",
        ),
    ),
    Line(
        "XML",
        "Read by `defusedxml`; a document that declares an entity is refused, and nothing outside of it is ever fetched.",
        (
            "test_no_entity_is_ever_resolved",
            "test_a_document_as_deep_as_the_sea_is_garbled_or_empty",
            "test_a_feed_of_arxiv_is_read_or_garbled",
        ),
    ),
    Line(
        "What people search for",
        "A language of our own of at most 512 characters; nobody's text is ever used as a regular expression, and those of ours "
        "cannot be kept busy.",
        (
            "test_a_query_is_understood_or_refused_with_its_place",
            "test_whatever_is_typed_is_read_or_kindly_refused",
            "test_the_same_thing_again_and_again_costs_no_more_than_its_length",
            "test_no_regular_expression_of_ours_is_caught_in_what_it_tries_again",
            "test_no_text_from_outside_becomes_a_regular_expression",
        ),
    ),
    Line(
        "Strangers' text",
        "Stands in Slack's `rich_text` or escaped, in Discord escaped with no mention allowed and no preview made, in the terminal "
        "without control characters; cut to what the platform takes. Names of papers and people cannot ping, link or reorder "
        "anything.",
        (
            "test_ugly_words_are_answered_and_ping_nobody",
            "test_in_mrkdwn_nothing_is_markup",
            "test_in_markdown_nothing_is_markup",
            "test_whatever_is_written_stays_text",
            "test_cleaning_leaves_nothing_that_acts_and_twice_is_once",
            "test_an_unfurled_title_is_one_link_and_no_markup",
            "test_a_mention_is_answered_as_a_reply_that_pings_nobody",
            "test_a_message_is_posted_with_its_nonce_and_pings_nobody",
            "test_every_part_of_any_message_is_one_that_slack_takes",
            "test_every_part_of_any_message_is_one_that_discord_takes",
        ),
    ),
    Line(
        "Too much of anything",
        "30 commands a minute for each person, 25 rules in a channel, 25,000 characters in a command. A begun installation is a "
        "line in the store, so there are 1,000 in ten minutes at most. No channel can subscribe to a feed of its own.",
        (
            "test_more_than_thirty_commands_a_minute_are_too_many_for_one_person",
            "test_a_channel_has_room_for_twenty_five_rules",
            "test_a_command_without_end_is_not_read",
            "test_beginning_again_and_again_cannot_fill_the_store",
        ),
    ),
    Line(
        "What comes twice",
        "Slack and Discord repeat what they are not sure about: whatever comes again is let pass, in every process, after a restart too.",
        (
            "test_a_command_delivered_again_is_answered_once",
            "test_an_event_delivered_again_is_answered_once",
            "test_what_two_copies_hear_is_done_once",
            "test_a_farewell_is_acknowledged_only_when_it_was_heard",
        ),
    ),
    Line(
        "Leaving",
        "Removing the app deletes its tokens at once and all else within 24 hours; `forget` erases a channel at once, with what "
        "Undo would have brought back. [Privacy](PRIVACY.md) is the whole list.",
        (
            "test_a_removed_app_leaves_no_trace_within_a_day_and_its_tokens_go_at_once",
            "test_forget_erases_a_channel_at_once_and_no_other",
            "test_what_was_forgotten_is_not_brought_back_by_undo",
            "test_a_removed_app_loses_its_tokens_before_anything_else",
            "test_the_app_removed_stops_all_channels_in_whichever_order_it_is_told",
        ),
    ),
    Line(
        "The log",
        "Fields are on a list of those allowed; tokens, passwords in addresses and everything that opens a door are blotted out of "
        "every line, tracebacks and libraries' own lines included.",
        (
            "test_a_token_is_known_by_its_form_however_it_is_written",
            "test_no_secret_reaches_the_log_by_any_way",
            "test_neither_tokens_nor_secrets_are_told",
        ),
    ),
    Line(
        "What it is made of",
        "One lock file with a hash for every file of every package; [dependencies](docs/dependencies.md) says what each is for and "
        "what the last audit found.",
        (
            "test_every_file_of_every_package_is_locked_by_its_hash",
            "test_everything_comes_from_the_one_registry",
            "test_its_licence_is_known_and_goes_with_ours",
        ),
    ),
)


def markdown() -> str:
    """The list as SECURITY.md has it."""
    rows = [f"| {one.about} | {one.holds} | {len(one.tests)} |" for one in CHECKLIST]
    return "\n".join(["| | what holds | tests |", "|---|---|---|", *rows])
