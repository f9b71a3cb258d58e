"""Uploads in three steps: an address, the bytes, the sharing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.slack.fake.errors import ApiError
from tests.slack.fake.record import Message, Upload

if TYPE_CHECKING:
    from tests.slack.fake.call import Call
    from tests.slack.fake.record import Json


def get_upload_url(call: Call) -> Json:
    length = call.need("length")
    if not isinstance(length, int) or length <= 0:
        raise ApiError("invalid_arguments", response_metadata={"messages": ["[ERROR] length must be a positive number"]})
    upload = Upload(team=call.team, id=call.state.id("F"), filename=str(call.need("filename")), length=length)
    call.state.uploads.append(upload)
    return {"upload_url": f"{call.state.url}/upload/v1/{upload.id}", "file_id": upload.id}


def complete_upload(call: Call) -> Json:
    files = call.need("files")
    if not isinstance(files, list):
        raise ApiError("invalid_arguments", response_metadata={"messages": ["[ERROR] files must be a list"]})
    channel = call.channel("channel_id") if call.get("channel_id") else None
    if channel is not None and not channel.member:
        raise ApiError("not_in_channel")
    pending = {upload.id: upload for upload in call.state.uploads if not upload.channel and upload.team in call.install.teams}
    if not all(file.get("id") in pending for file in files):
        raise ApiError("file_not_found")
    if not all(len(pending[file["id"]].content) == pending[file["id"]].length for file in files):
        raise ApiError("file_update_failed")
    for file in files:
        upload = pending[file["id"]]
        upload.title = str(file.get("title") or upload.filename)
        upload.channel = channel.id if channel is not None else ""
        upload.thread_ts, upload.initial_comment = str(call.get("thread_ts")), str(call.get("initial_comment"))
    if channel is not None:
        channel.messages.append(
            Message(
                channel=channel,
                ts=call.state.stamp(),
                text=str(call.get("initial_comment")),
                thread_ts=str(call.get("thread_ts")),
                user=channel.team.bot_user_id,
                bot=True,
            ),
        )
    return {"files": [{"id": file["id"], "title": pending[file["id"]].title} for file in files]}


METHODS = {"files.getUploadURLExternal": get_upload_url, "files.completeUploadExternal": complete_upload}
