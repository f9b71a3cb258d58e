"""What went wrong with a request to Slack, as one of our errors.

Each error name that a method we call may answer with stands in one of the tables below, on purpose: what is done about it follows from the
table alone. The names and their meanings are those of https://docs.slack.dev/reference/methods, "Errors".
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError

from bot.errors import Busy, ChannelGone, MessageRefused, NotSent, OutcomeUnknown, PostTrouble, WorkspaceGone

if TYPE_CHECKING:
    from collections.abc import Mapping

WINDOW = timedelta(minutes=1)
"""Slack counts requests by the minute: what a refusal without `Retry-After` asks for."""
USED_UP = timedelta(minutes=30)
"""The wait where a whole workspace has said more than its plan allows; only people end that."""
SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(days=1)
"""No wait is longer, whatever `Retry-After` says: after it one request tells anew."""

_log = structlog.get_logger()


class Refused(MessageRefused):
    """Slack understood the request and did nothing.

    Args:
        error: Slack's name for the reason.
        needed: The scopes it asks for, comma-separated; "" for other reasons.
    """

    def __init__(self, reason: str, *, error: str, needed: str = "") -> None:
        super().__init__(reason)
        self.error = error
        self.needed = needed


class ScopeMissing(Refused):
    """The installation lacks a scope, or its kind of token may not do this: whoever installed the app has to install it again."""


class ChannelClosed(ChannelGone):
    """Nothing can be done in this channel until its people change something; the text is a sentence for them without full stop.

    Args:
        error: Slack's name for the reason.
    """

    def __init__(self, reason: str, *, error: str) -> None:
        super().__init__(reason)
        self.error = error


class NotInvited(ChannelClosed):
    """The bot is no member of the channel, or cannot even see it."""


class TokenExpired(WorkspaceGone):
    """The token has come to its end: a new one may be had for the refresh token, once."""


_NOT_IN = "I am not in this channel: invite me with /invite @Paperboy, then type /papers resume"
_INVITATIONS: Mapping[str, str] = {
    "channel_not_found": "I cannot find this channel, or it is private and I am not in it: invite me with /invite @Paperboy, "
    "then type /papers resume",
    "invalid_channel": "I cannot find this channel, or it is private and I am not in it: invite me with /invite @Paperboy, "
    "then type /papers resume",
    "not_in_channel": _NOT_IN,
}
_RESTRICTED = "I may not post here, a setting of the workspace keeps me out: ask its admins, then type /papers resume"
_ARCHIVED = "this channel is archived: unarchive it, then type /papers resume"
_CHANNEL: Mapping[str, str] = {
    "access_denied": _RESTRICTED,
    "channel_is_limited_access": _RESTRICTED,
    "ekm_access_denied": "the workspace's admins have suspended posting here: ask them, then type /papers resume",
    "is_archived": _ARCHIVED,
    "is_inactive": _ARCHIVED,
    "messages_tab_disabled": "I cannot write to people: whoever runs the app switches on its Messages tab under App Home",
    "restricted_action": _RESTRICTED,
    "restricted_action_non_threadable_channel": "this channel takes no replies: type /papers settings thread off, then /papers resume",
    "restricted_action_read_only_channel": "this channel is read-only for me: let me post under its posting permissions, "
    "then type /papers resume",
    "restricted_action_thread_locked": "this thread is locked: unlock it, then type /papers resume",
    "restricted_action_thread_only_channel": "this channel takes nothing but replies: allow me to post under its posting permissions, "
    "then type /papers resume",
}

_AGAIN = "install the app again"
_WORKSPACE: Mapping[str, str] = {
    "accesslimited": "Slack does not let this workspace's app be used from our network: its admins can allow the address",
    "account_inactive": f"the app was removed from this workspace: {_AGAIN}",
    "invalid_auth": f"Slack does not accept the app's token for this workspace: {_AGAIN}",
    "invalid_refresh_token": f"the app's token for this workspace cannot be renewed any more: {_AGAIN}",
    "not_authed": f"there is no token for this workspace: {_AGAIN}",
    "org_login_required": "the workspace is moving into an organisation: when that is done, type /papers resume",
    "team_access_not_granted": "the organisation's admins have not given the app this workspace: ask them to add it",
    "token_revoked": f"the app's token for this workspace was revoked: {_AGAIN}",
    "two_factor_setup_required": "this workspace demands two-factor authentication of whoever installed the app",
}
_REMOVED = "account_inactive"
"""What a bot's token is answered once its app was removed, whether or not the event of it ever reached us."""
_EXPIRED = f"the app's token for this workspace has expired: {_AGAIN}"

_WAITS: Mapping[str, timedelta] = {"message_limit_exceeded": USED_UP, "rate_limited": WINDOW, "ratelimited": WINDOW}
_DOUBTFUL = frozenset({"fatal_error", "fetch_members_failed", "internal_error", "request_timeout", "service_unavailable", "update_failed"})
"""Slack says in so many words that part of it may have happened, or that it failed inside."""
_NOT_NOW = frozenset({"external_channel_migrating", "team_added_to_org"})
"""Surely nothing was done, and by itself it will be possible again."""
_SCOPES = frozenset({"missing_scope", "no_permission", "not_allowed_token_type"})

_REFUSED = frozenset(
    {
        # The request is wrong: our bug.
        *("attachment_payload_limit_exceeded", "bad_timestamp", "channels_limit_exceeded", "deprecated_endpoint", "insecure_request"),
        *("invalid_arg_name", "invalid_arguments", "invalid_array_arg", "invalid_attachments", "invalid_blocks", "invalid_blocks_format"),
        *("invalid_charset", "invalid_cursor", "invalid_form_data", "invalid_limit", "invalid_metadata_filter_keys"),
        *("invalid_metadata_format", "invalid_metadata_schema", "invalid_post_type", "invalid_source", "invalid_ts_latest"),
        *("invalid_ts_oldest", "invalid_types", "invalid_unfurl_id", "invalid_unfurls_format", "markdown_text_conflict"),
        *("metadata_must_be_sent_from_app", "metadata_too_large", "method_deprecated", "missing_args", "missing_argument"),
        *("missing_channel", "missing_file_data", "missing_post_type", "missing_profile_id", "missing_source", "missing_ts"),
        *("missing_unfurl_id", "missing_unfurls", "missing_user", "msg_blocks_too_long", "msg_too_long", "no_item_specified", "no_text"),
        *("not_bearer_token", "not_enough_users", "too_many_attachments", "too_many_contact_cards", "too_many_users", "unknown_method"),
        *("unknown_snippet_type", "unknown_subtype", "users_list_not_supplied", "view_too_large", "alt_txt_too_large"),
        # What it was about is not there (any more), or is not to be changed.
        *("block_mismatch", "cannot_find_channel", "cannot_find_message", "cannot_unfurl_message", "cannot_unfurl_url"),
        *("cant_broadcast_message", "cant_delete_message", "cant_update_message", "edit_window_closed", "enterprise_not_found"),
        *("file_comment_not_found", "file_deleted", "file_is_deleted", "file_not_found", "message_not_found", "not_found"),
        *("org_not_found", "team_not_found", "team_not_on_enterprise", "thread_not_found", "user_not_found", "user_not_visible"),
        *("cannot_reply_to_message", "duplicate_channel_not_found", "duplicate_message_not_found", "list_record_comment_fetch_failed"),
        *("no_dual_broadcast_content_update", "streaming_state_conflict"),
        # Somebody was quicker, or we were too slow.
        *("draft_already_deleted", "draft_already_sent", "draft_has_conflict", "draft_not_found", "duplicate_external_id"),
        *("exchanged_trigger_id", "expired_trigger_id", "hash_conflict", "invalid_trigger_id", "push_limit_reached"),
        # A person or a place cannot be reached that way, while the channel itself can.
        *("cannot_dm_bot", "invalid_user_combination", "method_not_supported_for_channel_type", "user_disabled", "user_not_in_channel"),
        *("too_many_members", "fail_to_get_teams_for_restricted_user"),
        # How the app or the workspace is set up.
        *("as_user_not_supported", "cannot_auth_user", "cannot_find_service", "cannot_parse_attachment", "cannot_prompt"),
        *("enterprise_is_restricted", "forbidden_team", "not_enabled", "not_implemented"),
        # Files, which the workspace may not want.
        *("blocked_file_type", "file_share_limit_reached", "file_type_not_allowed", "file_update_failed", "file_upload_size_restricted"),
        *("file_uploads_disabled", "file_uploads_except_images_disabled", "max_file_sharing_exceeded", "posting_to_channel_denied"),
        *("slack_connect_blocked_file_type", "slack_connect_canvas_sharing_blocked", "slack_connect_clip_sharing_blocked"),
        *("slack_connect_file_link_sharing_blocked", "slack_connect_file_upload_sharing_blocked"),
        *("slack_connect_lists_sharing_blocked", "snippet_too_large", "storage_limit_reached", "unable_to_share_files"),
        # Installing.
        *("bad_client_secret", "bad_redirect_uri", "cannot_install_an_org_installed_app", "invalid_client_id", "invalid_code"),
        *("invalid_code_verifier", "invalid_grant_type", "no_scopes", "oauth_authorization_url_mismatch", "pkce_not_allowed"),
        *("preview_feature_not_available", "user_email_unverified"),
    }
)

KNOWN = frozenset({*_INVITATIONS, *_CHANNEL, *_WORKSPACE, "token_expired", *_WAITS, *_DOUBTFUL, *_NOT_NOW, *_SCOPES, *_REFUSED})
"""Every error name that was thought about; others count as refusals and are logged."""

# Everything before the request's first byte goes out. ConnectionTimeoutError covers the wait for a free connection too.
_BEFORE_SENDING = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ServerFingerprintMismatch,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
)


def trouble(method: str, error: Exception) -> PostTrouble:
    """What an exception of slack_sdk or aiohttp means, to be raised `from` it. Anything that is not understood may have been done.

    Args:
        method: Which one was called, for the text.
    """
    if isinstance(error, SlackApiError):
        return _answered(method, error.response)
    if isinstance(error, _BEFORE_SENDING):
        return NotSent(f"{method}: Slack cannot be reached ({type(error).__name__})")
    return OutcomeUnknown(f"{method}: no answer that can be read ({type(error).__name__})")


def name_of(trouble: PostTrouble) -> str:
    """Slack's own word for it, for the operator; what we say of it where there was none."""
    cause = trouble.__cause__
    answer = cause.response.data if isinstance(cause, SlackApiError) and hasattr(cause.response, "data") else None
    return str(answer["error"]) if isinstance(answer, dict) and answer.get("error") else str(trouble)


def _answered(method: str, response: Any) -> PostTrouble:
    # Where the body was no JSON at all, slack_sdk hands over aiohttp's own response.
    status: int = response.status_code if hasattr(response, "status_code") else response.status
    answer = getattr(response, "data", None)
    error = str(answer.get("error") or "") if isinstance(answer, dict) else ""
    if status == 429 or error in _WAITS:  # noqa: PLR2004  # Too Many Requests
        asked = _retry_after(response.headers)
        return Busy(f"{method}: {error or 'ratelimited'}", retry_after=_WAITS.get(error, WINDOW) if asked is None else asked)
    if status >= 500 or not error:  # noqa: PLR2004  # whatever the body says: the server itself failed
        return OutcomeUnknown(f"{method}: {error or 'no answer that can be read'} (HTTP {status})")
    assert isinstance(answer, dict)
    return _refusal(method, error, answer)


def _refusal(method: str, error: str, answer: Mapping[str, Any]) -> PostTrouble:
    """What an answer with `ok: false` means that is no rate limit."""
    if error in _INVITATIONS:
        return NotInvited(_INVITATIONS[error], error=error)
    if error in _CHANNEL or error.startswith("restricted_action"):
        return ChannelClosed(_CHANNEL.get(error, _RESTRICTED), error=error)
    if error == "token_expired":
        return TokenExpired(_EXPIRED)
    if error in _WORKSPACE:
        return WorkspaceGone(_WORKSPACE[error], removed=error == _REMOVED)
    if error in _DOUBTFUL:
        return OutcomeUnknown(f"{method}: {error}")
    if error in _NOT_NOW:
        return NotSent(f"{method}: {error}")
    if error in _SCOPES:
        needed = str(answer.get("needed") or "")
        return ScopeMissing(f"{method}: {error}{needed and f', it needs {needed}'}", error=error, needed=needed)
    if error not in KNOWN:
        _log.warning("slack_error_not_known", method=method, error=error)
    return Refused(f"{method}: {error}{_details(answer)}", error=error)


def _details(answer: Mapping[str, Any]) -> str:
    """Which block is wrong, as Slack points at it: "[ERROR] ... [json-pointer:/blocks/1/text]"."""
    metadata = answer.get("response_metadata")
    messages = metadata.get("messages") if isinstance(metadata, dict) else None
    return f": {'; '.join(map(str, messages))}" if isinstance(messages, list) and messages else ""


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """The wait in whole seconds that an answer asks for; None if it asks for none that can be read."""
    text = headers.get("Retry-After", "")
    if not (text.isascii() and text.isdecimal()):
        return None
    # No wait at all would be no patience; and what no timedelta holds is no wait but a mistake.
    return min(max(timedelta(seconds=int(text[:9])), SHORTEST), LONGEST)
