"""Routes whose function reads the words of its path itself.

FastAPI writes the description of such a route as of any other; when it is asked, nothing stands
between the request and its function. What FastAPI does there for parameters that it has to find
and to check took a sixth of a look-up.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from typing_extensions import override


class StraightRoute(APIRoute):
    """A route with parameters in its path alone; its function gets them as text, unchecked."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        function: Callable[..., Coroutine[Any, Any, Response]] = self.endpoint

        async def handle(request: Request) -> Response:
            return await function(request, **request.path_params)

        return handle


def refused(name: str, message: str) -> RequestValidationError:
    """Return the error about a part of a path, as FastAPI makes it: answered by 422."""
    error: dict[str, Any] = {"type": "value_error", "loc": ("path", name), "msg": message}
    return RequestValidationError([error])
