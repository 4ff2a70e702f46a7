"""What a request asks for, read from its body, its form and its query."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from starlette.requests import Request

from licence.domain.values import FIRST_YEAR, LAST_YEAR
from licence.errors import AnzhengError, Code
from licence.formats.holder import PresentationRequest
from licence.formats.qr_exchange import decode_question
from licence.formats.qr_text import QrKind, read_text
from licence.formats.screen_code import check_challenge
from verifier.artefacts import (
    MAX_TEXT_BYTES,
    Artefact,
    NumberText,
    QrText,
    recognise,
    recognise_text,
)
from verifier.policy import INSPECTOR, STRICT, Policy
from verifier.service.desk import Submission
from verifier.service.forms import FORM, SmallForm, read_form
from verifier.service.uploads import Share, Uploads

MAX_UPLOAD_BYTES: Final = 50 * 1024 * 1024
FORM_EXTRA_BYTES: Final = 64 * 1024
"""What a form may have around its file."""

TEXT: Final = "text/plain"
FILES: Final = frozenset(
    {
        "",
        "application/pdf",
        "application/octet-stream",
        "application/json",
        "application/cbor",
    }
)
"""Media types of a body that is one file; which kind it is, its bytes say."""

TAKEN: Final = (*sorted(FILES - {""}), TEXT, FORM)
PROFILES: Final = {policy.name: policy for policy in (STRICT, INSPECTOR)}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the query or the form asks for beside the artefact."""

    on: date | None = None
    profile: str = STRICT.name
    picture: bool = False
    challenge: str | None = None
    purpose: str | None = None
    lang: str = ""
    recipient: str | None = None
    question: str | None = None

    @property
    def request(self) -> PresentationRequest | None:
        """Our question, for a code that answers it.

        Raises:
            AnzhengError: REQUEST_INVALID, for a text that is no question.
        """
        if self.question is None:
            return None
        try:
            found = read_text(self.question)
            if found.kind is not QrKind.REQUEST:
                raise AnzhengError(Code.QR_SYNTAX, "it is another object")
            return decode_question(found.data)
        except AnzhengError as error:
            raise AnzhengError(
                Code.REQUEST_INVALID,
                f"this is no question of a verifier: {error.message}",
                field="request",
            ) from error

    @property
    def policy(self) -> Policy:
        """The profile's policy.

        Raises:
            AnzhengError: REQUEST_INVALID.
        """
        if self.profile not in PROFILES:
            raise AnzhengError(
                Code.REQUEST_INVALID, f"profile is one of {', '.join(PROFILES)}", field="profile"
            )
        return PROFILES[self.profile]

    def check(self) -> None:
        """Refuse a wish that is none, before anything is read.

        Raises:
            AnzhengError: REQUEST_INVALID.
        """
        _ = self.policy, self.request
        if self.on is not None and not FIRST_YEAR <= self.on.year <= LAST_YEAR:
            # Its report could not be read back.
            raise AnzhengError(
                Code.REQUEST_INVALID, f"at is a day from {FIRST_YEAR} to {LAST_YEAR}", field="at"
            )

    def submission(self, artefact: Artefact) -> Submission:
        """Return the question about an artefact.

        Raises:
            AnzhengError: REQUEST_INVALID.
        """
        self.check()
        return Submission(
            artefact=artefact,
            on=self.on,
            policy=self.policy,
            picture=self.picture,
            challenge=self.challenge,
            purpose=self.purpose,
            recipient=self.recipient,
            request=self.request,
        )


@dataclass(frozen=True, slots=True)
class Handed:
    """What was handed in.

    Attributes:
        submission: The question.
        data: The bytes that make it the same question again.
        lang: Of the page to lead to; its own unless given.
    """

    submission: Submission
    data: bytes
    lang: str = ""


def media_type_of(request: Request) -> str:
    """Return the media type of a body, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def take_in(request: Request, uploads: Uploads, share: Share, wish: Wish) -> Handed:
    """Read a request's body and say what it is.

    Args:
        request: The request.
        uploads: How bodies are taken in.
        share: Of the memory that uploads have; held by the caller until the answer.
        wish: What the query asks for; fields of a form win over it.

    Raises:
        AnzhengError: REQUEST_INVALID, MEDIA_TYPE_UNSUPPORTED, and what `Uploads` raises.
    """
    kind = media_type_of(request)
    wish.check()
    if kind == FORM:
        return await _from_form(request, uploads, share, wish)
    if kind not in FILES and kind != TEXT:
        raise AnzhengError(
            Code.MEDIA_TYPE_UNSUPPORTED, f"send one of {', '.join(TAKEN)}", field="content-type"
        )
    data = await uploads.body(request, share, MAX_UPLOAD_BYTES)
    if not data:
        raise AnzhengError(Code.REQUEST_INVALID, "the body is empty")
    artefact = text_artefact(data) if kind == TEXT else recognise(data)
    return Handed(wish.submission(artefact), data)


async def _from_form(request: Request, uploads: Uploads, share: Share, wish: Wish) -> Handed:
    form = SmallForm(share)
    chunks = uploads.chunks(request, MAX_UPLOAD_BYTES + FORM_EXTRA_BYTES)
    await read_form(chunks, request.headers["content-type"], form.begin)
    wish = with_fields(wish, form.fields)
    text = form.fields.get("text", "").strip()
    if form.file is not None:
        return Handed(wish.submission(recognise(form.file)), form.file, wish.lang)
    if not text:
        raise AnzhengError(Code.REQUEST_INVALID, "choose a file, or type a code or number")
    data = text.encode()
    return Handed(wish.submission(text_artefact(data)), data, wish.lang)


def text_artefact(data: bytes) -> QrText | NumberText:
    """Return what was typed or scanned; what is neither is taken for a number, which says so.

    Raises:
        AnzhengError: REQUEST_INVALID, for what is no text or too long for one.
    """
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise AnzhengError(Code.REQUEST_INVALID, "the text is no UTF-8") from None
    if len(data) > MAX_TEXT_BYTES or not text:
        raise AnzhengError(Code.REQUEST_INVALID, f"a text has 1 to {MAX_TEXT_BYTES} bytes")
    return recognise_text(text) or NumberText(text)


def with_fields(wish: Wish, fields: Mapping[str, str]) -> Wish:
    """Return what is asked for when fields of a form win over the query.

    Raises:
        AnzhengError: REQUEST_INVALID, for a day or a challenge that is none.
    """
    on = fields.get("at", "").strip()
    try:
        day = date.fromisoformat(on) if on else wish.on
    except ValueError:
        raise AnzhengError(
            Code.REQUEST_INVALID, "at is a day such as 2026-11-22", field="at"
        ) from None
    wants = fields.get("picture", "").strip().lower()
    spoken = fields.get("challenge")
    return Wish(
        on=day,
        profile=fields.get("profile", wish.profile) or wish.profile,
        picture=wish.picture or wants in {"1", "true", "on"},
        challenge=check_challenge(spoken.strip()) if spoken else wish.challenge,
        purpose=fields.get("purpose") or wish.purpose,
        lang="en" if fields.get("lang") == "en" else wish.lang,
        recipient=fields.get("recipient") or wish.recipient,
        question=fields.get("request") or wish.question,
    )
