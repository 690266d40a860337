"""The form in the body of a request. Browsers send what a page of ours asks for in UTF-8, and so must everybody."""

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request

MAX_BODY = 16_384
"""Bytes of a form that holds no file and no entry of the rulebook."""


async def form_in(request: Request, *, max_fields: int, max_files: int = 0, largest: int = MAX_BODY) -> FormData:
    """What was filled in. Raises HTTPException 400 for a broken form, for one in a code of its own choice, and for one with NUL in it.

    Such a code can break in ways that nobody looks out for, or give halves of signs that no page can hold; NUL PostgreSQL cannot.
    """
    _, said = parse_options_header(request.headers.get("content-type"))
    if said.get(b"charset", b"utf-8").lower() not in (b"utf-8", b"utf8"):
        raise HTTPException(400)
    form = await request.form(max_files=max_files, max_fields=max_fields, max_part_size=largest)
    if any("\x00" in text for item in form.multi_items() for text in item if isinstance(text, str)):
        await form.close()
        raise HTTPException(400)
    return form
