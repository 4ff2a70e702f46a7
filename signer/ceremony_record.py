"""The written record of a key ceremony as PDF/A-3a, with the signed record attached.

What counts is the attached JSON with the officers' signatures; the pages say the same to people.
The same record gives the same bytes.

Standard: ISO 19005-3 (level A), ISO 14289-1.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from licence.formats import ceremony
from licence.formats.ceremony import Act, Ceremony, Purpose
from licence.formats.fields import moment_text
from signer.typesetting import Typesetter, quoted

_FOLDER: Final = Path(__file__).parent / "templates" / "ceremony" / "1"

_TITLES: Final = {
    Act.INIT: "密钥启用记录 Key made",
    Act.ROTATE: "密钥更换记录 Key rotated",
    Act.CLOSE: "密钥停用记录 Key closed",
}
_PURPOSES: Final = {
    Purpose.LICENCE: "证照签发 Licence signing",
    Purpose.QR: "二维码签名 QR codes",
    Purpose.TSA: "时间戳 Timestamps",
    Purpose.ISSUING: "签发 CA Issuing CA",
    Purpose.HOLDER_CA: "持证 CA Holder CA",
    Purpose.ROOT: "根 CA Root CA",
}

Row = tuple[str, str]


def render_record(held: Ceremony, *, is_test: bool) -> bytes:
    """Return the record as PDF.

    Args:
        held: The signed record.
        is_test: Whether the page says that it has no legal effect.

    Raises:
        AnzhengError: RENDER_FAILED; CEREMONY_SYNTAX.
    """
    raw = ceremony.encode(held)
    page = {
        "title": _TITLES[held.order.act],
        "author": held.order.authority,
        "id": held.order.id,
        "held_on": held.order.held_at.date().isoformat(),
        "notice": "示例，无法律效力 Test, without legal effect" if is_test else "",
        "sections": [
            {"head": "仪式 Ceremony", "rows": list(_occasion(held))},
            {"head": "密钥 Key", "rows": list(_key(held))},
            {"head": "签名 Signatures", "rows": list(_signatures(held))},
        ],
        "note": "The officers signed SHA-256 "
        + ceremony.digest(held).hex()
        + "; the attached record.json holds their signatures.",
    }
    texts = ", ".join(map(quoted, (json.dumps(page, ensure_ascii=False), raw.decode())))
    return Typesetter(_FOLDER).typeset(f'#import "/record.typ": record\n#record({texts})\n')


def _occasion(held: Ceremony) -> Iterator[Row]:
    order = held.order
    yield "编号 Number", order.id
    yield "时间 Time (UTC)", moment_text(order.held_at)
    yield "地点 Place", order.place
    yield "发证机关 Authority", order.authority
    yield "参加人 Officers", "、".join(order.officers)


def _key(held: Ceremony) -> Iterator[Row]:
    order, key = held.order, held.key
    yield "名称 Name", order.key
    yield "用途 Purpose", _PURPOSES[order.purpose]
    yield "算法 Algorithm", key.algorithm
    yield "存放 Store", order.store
    yield "公钥 Public key SHA-256", key.public_key.hex()
    if key.certificate is not None:
        yield "证书 Certificate SHA-256", key.certificate.hex()
    if key.issuer is not None:
        yield "签发者 Issuer SHA-256", key.issuer.hex()
    if order.previous is not None:
        yield "前一密钥 Previous key", order.previous
    if order.signs_from is not None:
        yield "启用 Signs from (UTC)", moment_text(order.signs_from)
    if order.reason is not None:
        yield "停用原因 Reason", order.reason
    if order.compromised_since is not None:
        yield "自此不可信 Not believed from (UTC)", moment_text(order.compromised_since)


def _signatures(held: Ceremony) -> Iterator[Row]:
    for signature in held.signatures:
        yield f"{signature.officer} ({signature.algorithm.value})", signature.value.hex()
