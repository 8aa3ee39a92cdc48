"""What is answered to a request that cannot be fulfilled."""

from __future__ import annotations

from starlette.responses import JSONResponse


class RefusalError(ValueError):
    """Raised where a request is refused; the text says expected, found and remedy."""

    def __init__(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        """
        Refuse.

        :param status: of the answer, as HTTP has them
        :param text: for the one who asked
        :param headers: of the answer
        """
        super().__init__(text)
        self.status = status
        self.headers = headers

    def to_response(self) -> JSONResponse:
        """Answer with the text as ``message``."""
        return JSONResponse({'message': str(self)}, self.status, self.headers)
