"""Asking payment providers in threads of their own: a silent one holds up nobody but itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from threading import Lock
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, cast

from zhifu.exceptions import (
    GatewayClosed,
    InvalidInput,
    ProviderBusy,
    UnknownProvider,
    ZhifuError,
)

S = TypeVar("S")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Answer(NamedTuple, Generic[T]):
    """What became of a question: its `outcome`, or the `error` that it ended with."""

    outcome: T | ZhifuError | None = None
    error: BaseException | None = None


class Question(NamedTuple, Generic[T]):
    """`ask` is called in one of a provider's threads, and `tell` there with its answer.

    If it `is_needless` by then, neither is.
    """

    ask: Callable[[], T | ZhifuError]
    tell: Callable[[Answer[T]], None]
    is_needless: Callable[[], bool] = lambda: False


class Answered(NamedTuple, Generic[S, T]):
    """What was asked about, and the answer."""

    subject: S
    answer: Answer[T]

    @property
    def id(self) -> str:
        """The subject's."""
        return str(getattr(self.subject, "id", self.subject))

    def outcome(self) -> T:
        """What is the answer, unless it is an error: that is raised."""
        if self.answer.error is not None:
            raise self.answer.error
        if isinstance(self.answer.outcome, ZhifuError):
            raise self.answer.outcome
        return cast(T, self.answer.outcome)


class _Wanted(NamedTuple, Generic[T]):
    provider: str
    ask: Callable[[], T]


class Wanted(Protocol[T_co]):
    """What is to be asked of whom; see Question."""

    @property
    def provider(self) -> str:
        """The provider's name."""

    @property
    def ask(self) -> Callable[[], T_co | ZhifuError]:
        """Asks, and waits for the answer."""


class Asking:
    """Threads for each of `providers`; safe to share between threads.

    A provider is asked at most `threads` questions at once, and `queue` more wait for it.
    """

    def __init__(self, providers: Iterable[str], *, threads: int = 32, queue: int = 1_024) -> None:
        for name, value in (("threads", threads), ("queue", queue)):
            if type(value) is not int or value < 1:
                raise InvalidInput(name, "must be an integer of at least 1", value)
        #: How many questions a caller with many should have open, to leave room for the others.
        self.share = max(1, threads // 2)
        self._most_at_once = max(1, threads // 4)
        self._counters = {name: _Counter(name, threads, queue) for name in providers}

    @property
    def waiting(self) -> int:
        """How many questions wait for a provider's threads."""
        return sum(each.waiting for each in self._counters.values())

    def put(self, provider: str, question: Question[T]) -> None:
        """Have a question asked soon.

        Raises UnknownProvider, ProviderBusy if too many wait already, GatewayClosed.
        """
        counter = self._counters.get(provider)
        if counter is None:
            raise UnknownProvider(provider)
        counter.put(question)

    def ask_all(self, wanted: Sequence[Wanted[T]]) -> list[T | ZhifuError]:
        """Ask many, some of them at once; the answers in their order.

        What could not be asked is answered by its error. Raises what a question raised.
        """
        told: SimpleQueue[tuple[int, Answer[T]]] = SimpleQueue()
        answers: dict[int, T | ZhifuError] = {}
        for at, each in enumerate(wanted):
            if at >= self.share:
                _take(told, answers)
            self._try(each, partial(_tell, told, at))
        while len(answers) < len(wanted):
            _take(told, answers)
        return [answers[at] for at in range(len(wanted))]

    def each(
        self, provider: str, subjects: Iterable[S], ask: Callable[[S], T]
    ) -> Iterator[Answered[S, T]]:
        """Ask a provider about each, a few of them at once; what came of each, as it comes.

        It is asked within the caller's context, and leaves most of the provider's threads to those
        who wait for an answer. Nothing more is asked unless the answers are taken.
        """
        told: SimpleQueue[Answered[S, T]] = SimpleQueue()
        under_way = 0
        for subject in subjects:
            within = partial(copy_context().run, ask, subject)
            self._try(_Wanted(provider, within), partial(_answer, told, subject))
            under_way += 1
            if under_way == self._most_at_once:
                # Before the next subject is taken, for there may be no time for it by then.
                yield told.get()
                under_way -= 1
        for _ in range(under_way):
            yield told.get()

    def _try(self, wanted: Wanted[T], tell: Callable[[Answer[T]], None]) -> None:
        try:
            self.put(wanted.provider, Question(wanted.ask, tell))
        except ZhifuError as error:
            tell(Answer(error))

    def close(self) -> None:
        """Answer whatever waits with GatewayClosed; does not wait for what has begun."""
        for each in self._counters.values():
            each.close()


class _Counter:
    """Where the questions to one provider wait."""

    def __init__(self, provider: str, threads: int, queue: int) -> None:
        self._provider = provider
        self._most_threads = threads
        self._most_waiting = queue
        self._questions: deque[Question[Any]] = deque()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"zhifu-{provider}")
        self._busy = 0
        self._is_called = self._is_closed = False
        self._call_number = 0
        self._lock = Lock()

    @property
    def waiting(self) -> int:
        return len(self._questions)

    def put(self, question: Question[Any]) -> None:
        with self._lock:
            if self._is_closed:
                raise GatewayClosed
            if len(self._questions) >= self._most_waiting:
                raise ProviderBusy(self._provider)
            self._questions.append(question)
            try:
                self._call()
            except RuntimeError:
                self._questions.pop()
                raise ProviderBusy(self._provider) from None

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            left = list(self._questions)
            self._questions.clear()
        self._threads.shutdown(wait=False)
        for question in left:
            question.tell(Answer(GatewayClosed()))

    def _call(self) -> None:
        """Call one thread more; it calls the next one if it finds more than it takes.

        So a provider that answers at once is asked by one thread, and a slow one by all of them.
        Raises RuntimeError if there is no thread at all, and none can be begun.
        """
        if self._is_called or self._busy == self._most_threads:
            return
        self._call_number += 1
        self._is_called = True
        try:
            self._threads.submit(self._work, self._call_number)
        except RuntimeError:
            # The pool keeps what it could not begin, and may come to it later.
            self._call_number += 1
            self._is_called = False
            if not self._busy:
                raise
            return
        self._busy += 1

    def _work(self, call: int) -> None:
        has_come = False
        while True:
            with self._lock:
                if not has_come:
                    if call != self._call_number:
                        return
                    has_come, self._is_called = True, False
                if not self._questions:
                    self._busy -= 1
                    return
                question = self._questions.popleft()
                if self._questions:
                    self._call()
            _ask(question)


def _ask(question: Question[Any]) -> None:
    if question.is_needless():
        return
    try:
        answer = Answer(question.ask())
    except ZhifuError as error:
        answer = Answer(error)
    except BaseException as error:
        # Whoever asked gets it: this thread goes on.
        answer = Answer(error=error)
    question.tell(answer)


def _answer(told: SimpleQueue[Answered[S, T]], subject: S, answer: Answer[T]) -> None:
    told.put(Answered(subject, answer))


def _tell(told: SimpleQueue[tuple[int, Answer[T]]], at: int, answer: Answer[T]) -> None:
    told.put((at, answer))


def _take(told: SimpleQueue[tuple[int, Answer[T]]], answers: dict[int, T | ZhifuError]) -> None:
    at, answer = told.get()
    if answer.error is not None:
        raise answer.error
    if answer.outcome is not None:
        answers[at] = answer.outcome
