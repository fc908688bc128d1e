"""The worker that sends notices; any number of them may share one database."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import apprise

from zhifu.exceptions import ChainUnreachable, CommitUnknown, DatabaseUnreachable
from zhifu.notify.contacts import Channel
from zhifu.notify.notices import Letter, Notices

_log = logging.getLogger(__name__)

_POLL_SECONDS = 1.0
_AT_A_TIME = 8

#: It would log whom it tells.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)


def hand_over(letter: Letter) -> bool:
    """Give a letter to its service; whether that has taken it."""
    service = letter.service.replace("{to}", quote(letter.contact.address, safe=""))
    postman = apprise.Apprise()
    if not postman.add(service):
        return False
    title = letter.text.title if letter.contact.channel is Channel.EMAIL else ""
    return bool(
        postman.notify(body=letter.text.body, title=title, body_format=apprise.NotifyFormat.TEXT)
    )


class Messenger:
    """Sends what `notices` gives, a few at a time; to be stopped from any thread."""

    def __init__(self, notices: Notices, hand_over: Callable[[Letter], bool] = hand_over) -> None:
        self._notices = notices
        self._hand_over = hand_over
        self._stopped = threading.Event()

    def run(self) -> None:
        """Send until stopped; what is under way then is finished first."""
        while not self._stopped.is_set():
            try:
                sent = self.run_once()
            except (DatabaseUnreachable, CommitUnknown, ChainUnreachable) as error:
                _log.warning("notices wait: %s", error)
                sent = 0
            if not sent:
                self._stopped.wait(_POLL_SECONDS)

    def stop(self) -> None:
        """Make `run` come back."""
        self._stopped.set()

    def run_once(self) -> int:
        """Send a few that are due; how many that was."""
        letters = self._notices.take(_AT_A_TIME)
        if letters:
            self._send(letters)
        return len(letters)

    def _send(self, letters: Sequence[Letter]) -> None:
        with ThreadPoolExecutor(_AT_A_TIME) as postmen:
            for letter, taken in zip(letters, postmen.map(self._given, letters), strict=True):
                if taken:
                    self._notices.sent(letter.claim)
                else:
                    self._notices.not_sent(letter.claim)

    def _given(self, letter: Letter) -> bool:
        try:
            return self._hand_over(letter)
        except Exception:
            # What a service's client stumbles over is one more way of not being taken.
            return False
