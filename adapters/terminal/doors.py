"""The two ways to sit at a terminal: typing at a prompt, or sending lines through a pipe."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import sys
import threading
from typing import TYPE_CHECKING, Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.history import FileHistory
from prompt_toolkit.input import create_input
from prompt_toolkit.output import create_output
from prompt_toolkit.patch_stdout import patch_stdout

from adapters.terminal.look import look

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import TextIO

    from prompt_toolkit.completion import Completer
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

    from adapters.terminal.look import Look


class Door(Protocol):
    """Where lines come in and text goes out."""

    @property
    def look(self) -> Look:
        """How to draw for it now; a window may have been resized since the last time."""

    @property
    def is_prompt(self) -> bool:
        """Whether a person sits there and types."""

    def open(self) -> AbstractContextManager[object]:
        """Read and write only inside this."""

    async def read(self, prompt: str, completer: Completer | None) -> str:
        """The next line, without its newline.

        Raises:
            EOFError: There will be no more.
            KeyboardInterrupt: Ctrl-C; what had been typed is gone.
        """

    def write(self, text: str) -> None:
        """Show whole lines, at any time, also while a line is being typed.

        Raises:
            EOFError: Nobody reads any more.
        """


def door(stdin: TextIO, stdout: TextIO, environ: Mapping[str, str], *, history: Path) -> Door:
    """A prompt if both ends are a terminal, else a pipe.

    Args:
        history: The file that keeps what was typed, for the next time; made when needed, readable by the owner only.
    """
    if stdin.isatty() and stdout.isatty():
        return Prompt(create_input(stdin), create_output(stdout), look=lambda: look(stdout, environ), history=history)
    return Pipe(stdin, stdout, look(stdout, environ))


class Pipe:
    """Lines from a file or another program; answers to a file or another program."""

    is_prompt = False

    def __init__(self, stdin: TextIO, stdout: TextIO, look: Look) -> None:
        self.look = look
        self._stdin = stdin
        self._stdout = stdout
        self._lines: asyncio.Queue[str | Exception] = asyncio.Queue()
        for stream in (stdin, stdout):
            if isinstance(stream, io.TextIOWrapper):
                # Whatever bytes come, whatever the other side can show: a stray character is no reason to stop.
                stream.reconfigure(errors="replace")

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Begin to read."""
        # Not asyncio.to_thread: a read cannot be cancelled, and the loop would wait for it at the end; a daemon is left behind.
        threading.Thread(target=self._listen, args=(asyncio.get_running_loop(),), name="stdin", daemon=True).start()
        yield

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        end: Exception = EOFError()
        # The loop closes first when the conversation was left before its last line.
        with contextlib.suppress(RuntimeError):
            try:
                for line in self._stdin:
                    loop.call_soon_threadsafe(self._lines.put_nowait, line.rstrip("\r\n"))
            except (OSError, ValueError) as error:  # the other side broke off, or the stream was closed
                end = EOFError(str(error))
            loop.call_soon_threadsafe(self._lines.put_nowait, end)

    async def read(self, prompt: str, completer: Completer | None) -> str:  # noqa: ARG002  # nobody is there to be prompted
        """The next line; see `Door.read`."""
        line = await self._lines.get()
        if isinstance(line, Exception):
            raise line
        return line

    def write(self, text: str) -> None:
        """See `Door.write`."""
        try:
            self._stdout.write(text)
            self._stdout.flush()
        except BrokenPipeError as error:
            # `| head` has seen enough. The interpreter flushes once more at its end and would complain: give it somewhere to.
            with contextlib.suppress(OSError, ValueError), open(os.devnull, "wb") as nowhere:  # noqa: PTH123  # a device, not a path
                os.dup2(nowhere.fileno(), self._stdout.fileno())
            raise EOFError("nobody reads any more") from error


class Prompt:
    """A person at a terminal: a prompt with history and completion, and what comes meanwhile stands above it."""

    is_prompt = True

    def __init__(self, input: Input, output: Output, *, look: Callable[[], Look], history: Path) -> None:
        self._look = look
        self._output = output
        self._session: PromptSession[str] = PromptSession(
            history=_History(history), input=input, output=output, enable_history_search=True, complete_while_typing=False
        )

    @property
    def look(self) -> Look:
        """See `Door.look`."""
        return self._look()

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Until the end of this, whatever else the process prints, such as its log, stands above the prompt."""
        told = sys.stderr
        # patch_stdout sends standard error to the screen too, also one that goes into a file.
        elsewhere = contextlib.nullcontext() if told.isatty() else contextlib.redirect_stderr(told)
        # Not within create_app_session: the thread of patch_stdout would look for the prompt in the default session, find none
        # there, write right into the line being typed, and not draw it again.
        with patch_stdout(raw=True), elsewhere:
            yield

    async def read(self, prompt: str, completer: Completer | None) -> str:
        """The next line; see `Door.read`."""
        return await self._session.prompt_async(prompt, completer=completer)

    def write(self, text: str) -> None:
        """See `Door.write`."""
        if self._session.app.is_running:
            # The prompt is taken away, the text written, and the prompt drawn anew; each in its turn.
            run_in_terminal(lambda: self._print(text))
        else:
            self._print(text)

    def _print(self, text: str) -> None:
        self._output.enable_autowrap()  # drawing a prompt switches it off
        self._output.write_raw(text)
        self._output.flush()


class _History(FileHistory):
    """A convenience: no disk that is full or read-only may end the conversation over it."""

    def __init__(self, file: Path) -> None:
        super().__init__(str(file))
        self._file = file

    def load_history_strings(self) -> Iterable[str]:
        with contextlib.suppress(OSError):
            return list(super().load_history_strings())
        return []

    def store_string(self, string: str) -> None:
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file.touch(mode=0o600)
            super().store_string(string)
