"""The codes of chapter 5: on paper, on the holder's screen, and between two phones, all offline."""

from datetime import timedelta
from typing import Final

from anzheng.demo.world import World
from anzheng.files import write_durably
from anzheng.flows.data_codes import qr_base
from anzheng.flows.export import file_name
from anzheng.store.licences import StoredLicence
from licence.formats import qr_exchange
from licence.formats.fields import whole_second
from licence.formats.holder import NONCE_BYTES, PresentationRequest
from licence.formats.qr_text import QrKind, QrObject, write_text
from wallet.codes import answer_code, read_question, screen_code
from wallet.entry import Kept
from wallet.keys import HolderKey
from wallet.qr import Drawing

QUESTION_LIFE: Final = timedelta(minutes=5)
PURPOSE: Final = "示例: 入矿检查"
AUDIENCE: Final = "某矿山检查组(示例)"
SPOKEN, OTHER_DIGITS = "4711", "0815"


def show_codes(
    world: World, row: StoredLicence, kept: Kept, key: HolderKey, data_code: str
) -> None:
    """Show the three kinds of code to a verifier without network."""
    story = world.story
    story.say(
        "离线查验码印在另一张纸上, 由机关的查验码密钥签名; 动态码和应答码由许可证自己的密钥签名。",
        "The data code is printed beside the licence, signed by the authority's QR key; screen "
        "code and two-way answer are signed by the licence's own key.",
    )
    printed = (world.folder / "codes" / f"{file_name(row)}.qr.txt").read_text("ascii")
    report = world.verify_code(printed, "05-data-code")
    world.expect("离线查验码, 断网", "data code, offline", report, "valid OK")
    _screen(world, kept, key, data_code)
    _two_way(world, kept, key, data_code)


def _screen(world: World, kept: Kept, key: HolderKey, data_code: str) -> None:
    story = world.story
    story.say(
        f"查验方口述四位数字 {SPOKEN}, 持证人输入后出示动态码, 有效约 90 秒。",
        f"The verifier speaks four digits, {SPOKEN}; the holder's code with them lives 90 seconds.",
    )
    text = screen_code(kept, key, data_code, purpose=PURPOSE, challenge=SPOKEN, now=world.now())
    _keep(world, "screen", text)
    report = world.verify_code(text, "05-screen-code", challenge=SPOKEN)
    world.expect("动态码, 断网", "screen code, offline", report, "valid OK")
    other = world.verify_code(text, "05-screen-other-digits", challenge=OTHER_DIGITS)
    world.expect("口令数字不符", "other digits spoken", other, "invalid HOLDER_NONCE")


def _two_way(world: World, kept: Kept, key: HolderKey, data_code: str) -> None:
    story = world.story
    story.say(
        "双方都没有网络: 查验方出示提问码, 持证人扫码作答, 查验方再扫应答码。",
        "Neither side has a network: the verifier shows a question, the holder scans it and "
        "answers with a code, the verifier scans that.",
    )
    asked = _question(world)
    base = qr_base(world.installation.base.settings.verify_base)
    question = write_text(QrObject(QrKind.REQUEST, qr_exchange.encode_question(asked)), base)
    _keep(world, "question", question)
    heard = read_question(question.encode("ascii"), now=world.now())
    text = answer_code(heard, kept, key, data_code, now=world.now(), agree=lambda _asked: True)
    _keep(world, "answer", text)
    report = world.verify_code(text, "05-two-way", request=asked)
    world.expect("双向亮证, 断网", "two-way exchange, offline", report, "valid OK")
    replayed = world.verify_code(text, "05-two-way-replayed", request=_question(world))
    world.expect("旧应答码再用", "an old answer code", replayed, "invalid HOLDER_NONCE")


def _keep(world: World, name: str, text: str) -> None:
    """Write a code as text and as picture, as the phones showed it."""
    folder = world.folder / "codes" / "shown"
    write_durably(folder / f"{name}.txt", text.encode("ascii"))
    write_durably(folder / f"{name}.svg", Drawing(text).svg().encode())


def _question(world: World) -> PresentationRequest:
    now = whole_second(world.now())
    return PresentationRequest(
        nonce=world.installation.base.entropy.bytes(NONCE_BYTES),
        audience=AUDIENCE,
        purpose=PURPOSE,
        issued_at=now,
        expires_at=now + QUESTION_LIFE,
    )
