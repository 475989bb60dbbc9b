"""What lists of accounts have in common: pages, cursors, orders."""

from typing import Annotated, Literal

from pydantic import Field

from ums_client.protocol.limits import PAGE_SIZE_MAX
from ums_client.protocol.message import R, Request

SortBy = Literal[
    "username",
    "email",
    "full_name",
    "created_at",
    "updated_at",
    "last_login",
    "role",
    "status",
    "user_type",
    "company",
    "department",
]
SortOrder = Literal["asc", "desc"]
PageNumber = Annotated[int, Field(ge=1, le=1_000_000)]
PageSize = Annotated[int, Field(ge=1, le=PAGE_SIZE_MAX)]
Cursor = Annotated[str, Field(min_length=1, max_length=1_024)]
"""Where a page ends; to be handed back as it is."""


class Paged(Request[R]):
    """Which part of a list is wanted. `per_page` is another name of `page_size`.

    With `cursor`, the `next_cursor` of the page before, nothing is skipped or shown
    twice although accounts come and go; pages by number shift.
    """

    page: PageNumber | None = None
    page_size: PageSize | None = None
    per_page: PageSize | None = None
    sort_by: SortBy | None = None
    sort_order: SortOrder | None = None
    cursor: Cursor | None = None
