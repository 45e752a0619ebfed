"""Certifies the answers of a batch in Lean workers, while the solvers go on with the other questions."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias

from logic.certify.certificate import Certifier, NotCertified
from logic.errors import LogicError

if TYPE_CHECKING:
    from logic.answer import Answer

Give: TypeAlias = "Callable[[int, Answer | LogicError], None]"


class CertifyingBatch:
    """Takes answers as they come, and gives each on once it is certified or cannot be.

    `give` is never run twice at once.

    Raises LeanUnavailable when it is made, before any question is worked on.
    """

    def __init__(self, give: Give, workers: int | None = None) -> None:
        workers = workers or os.cpu_count() or 1
        self._give = give
        self._giving = threading.Lock()
        self._certifier = Certifier(workers=workers)
        _ = self._certifier.lean
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="certify")

    def take(self, index: int, answer: Answer | LogicError) -> None:
        """Hand one answer over; an error passes straight on."""
        if isinstance(answer, LogicError):
            self._pass(index, answer)
        else:
            self._threads.submit(self._certify, index, answer)

    def _certify(self, index: int, answer: Answer) -> None:
        try:
            self._pass(index, replace(answer, certificate=self._certifier.certify(answer)))
        except LogicError as error:
            self._pass(index, error)
        except Exception as error:  # an answer is never lost, whatever became of its certificate
            self._pass(index, replace(answer, certificate=NotCertified(f"certifying failed: {error}")))

    def _pass(self, index: int, answer: Answer | LogicError) -> None:
        with self._giving:
            self._give(index, answer)

    def __enter__(self) -> CertifyingBatch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for what is under way; after an error, drop it."""
        self._threads.shutdown(wait=error is None, cancel_futures=error is not None)
        self._certifier.close()
