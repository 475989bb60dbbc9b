"""Pages that tell one thing."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

_TEXTS = {
    403: ("Not for you", "You may not see this page."),
    404: ("Not found", "There is no such page."),
    429: ("Too many attempts", "Please wait a little before you try again."),
    502: ("Something went wrong", "The user service gave no usable answer."),
    503: (
        "Please try again soon",
        "The user service does not answer at the moment. Nothing is lost.",
    ),
}


def message(
    request: HttpRequest, status: int, *, retry_after: int | None = None
) -> HttpResponse:
    """The page for an error; says the same whatever it was that one may not see."""
    title, text = _TEXTS[status]
    shown = {"title": title, "text": text, "retry_after": retry_after}
    response = render(request, "lab_portal/message.html", shown, status=status)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response
