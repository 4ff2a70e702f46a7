"""Chapters 5 and 6: a wallet claims and presents; files are verified with and without network."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

from anzheng.checking import TrustChecker
from anzheng.demo.codes import show_codes
from anzheng.demo.world import AT_ONCE, World
from anzheng.files import write_durably
from anzheng.jobs import run_until_quiet
from anzheng.store.licences import StoredLicence
from licence.errors import AnzhengError, Code
from licence.formats import cms, hole
from licence.formats.checks import CheckName
from licence.formats.fields import whole_second
from licence.formats.holder import (
    NONCE_BYTES,
    PresentationRequest,
    encode_presentation,
    encode_request,
)
from licence.formats.report import Report
from licence.ids import Leaf
from verifier.checks.c09_holder import Presented
from wallet.claim import claim
from wallet.codes import read_data_code
from wallet.desk_http import HttpClaimDesk
from wallet.entry import Kept
from wallet.keep import WalletFolder
from wallet.keys import HolderKey
from wallet.present import answer, read_request
from wallet.refresh import refresh

REQUEST_LIFE = timedelta(minutes=10)
PASSWORD = b"anzheng-demo"


def hold(world: World) -> None:
    """Chapter 5: one enterprise claims its licence and answers a verifier's question."""
    story = world.story
    story.chapter("领取与亮证", "Claim and present")
    row = sample(world, 0)
    code = world.installation.claim_desk().make_code(leaf_of(row))
    story.say(
        f"企业凭一次性领取码 {code} 领取; 私钥只在企业自己的钱包里产生和保存。",
        "The enterprise claims with a one-time code; its key is made and kept in its wallet.",
    )
    story.show(f"钱包密码(仅示例) password of the demo's wallet (sample only): {PASSWORD.decode()}")
    wallet = WalletFolder(world.folder / "wallet")
    with closing(HttpClaimDesk(world.url)) as desk:
        first = _claim(world, wallet, desk, code)
        found = "claimed" if first == row.leaf else str(first)
        story.expect("领取", "claimed", expected="claimed", found=found)
        again = _claim(world, wallet, desk, code)
        story.expect(
            "同一领取码再用",
            "the same code once more",
            expected=Code.CLAIM_USED.value,
            found=str(again),
        )
        # The licence's own certificate is anchored and covered by a list like the licence itself.
        run_until_quiet(world.installation, AT_ONCE)
        world.installation.publish_lists()
        world.refresh_trust()
        kept = refresh(wallet.find(row.licence_no), desk, wallet)
        data_code = _fetch_code(wallet, kept, desk)
    key = wallet.open_key(kept, PASSWORD)
    _present(world, kept, key)
    show_codes(world, row, kept, key, data_code)


def _fetch_code(wallet: WalletFolder, kept: Kept, desk: HttpClaimDesk) -> str:
    """Fetch the data code once; what is kept serves where there is no network."""
    text = desk.data_code(kept.leaf)
    if text is None:
        raise AnzhengError(Code.NOT_FOUND, "the authority has no data code of this licence")
    wallet.keep_data_code(kept, read_data_code(text, kept))
    return text


def _claim(world: World, wallet: WalletFolder, desk: HttpClaimDesk, code: str) -> Leaf | Code:
    """Claim with a code; give the leaf that came, or why none did."""
    try:
        claimed = claim(
            code,
            desk=desk,
            desk_name=world.url,
            folder=wallet,
            password=PASSWORD,
            checker=TrustChecker(world.trust, world.installation.base.clock),
            now=world.now(),
        )
    except AnzhengError as exc:
        return exc.code
    return claimed.kept.leaf


def _present(world: World, kept: Kept, key: HolderKey) -> None:
    story, base = world.story, world.installation.base
    story.say(
        "查验方给出随机数; 钱包用许可证自己的密钥作答; 以文件交换。",
        "A verifier asks with a nonce; the wallet answers with the licence's own key; by file.",
    )
    request = _request(world)
    write_durably(world.folder / "wallet" / "request.json", encode_request(request))
    presentation = answer(
        read_request(encode_request(request), now=world.now()),
        kept,
        key,
        now=world.now(),
        agree=lambda _request: True,
    )
    write_durably(world.folder / "wallet" / "answer.json", encode_presentation(presentation))
    presented = Presented(request, presentation)
    good = world.verify_offline(kept.pdf, "05-presented", presented=presented)
    _expect_holder(world, "亮证", "presented", good, "valid OK passed")
    other = replace(request, nonce=base.entropy.bytes(NONCE_BYTES))
    replayed = world.verify_offline(
        kept.pdf, "05-replayed", presented=Presented(other, presentation)
    )
    _expect_holder(
        world, "拿旧应答冒充", "an old answer replayed", replayed, "invalid HOLDER_NONCE failed"
    )


def check(world: World) -> None:
    """Chapter 6: online, offline, with one byte flipped, and without evidence."""
    story = world.story
    story.chapter("核验", "Verify")
    row = sample(world, 0)
    pdf = world.pdf(row)
    story.say(
        "同一文件: 先联网核验(登记库和链), 再断网核验(只有 trust/ 文件夹, 网络连接一律报错)。",
        "One file: online (registry and chain), then offline (trust/ only; a socket would raise).",
    )
    online = world.verify_online(pdf, "06-online")
    world.show("online", online)
    world.expect("联网核验", "online", online, "valid OK")
    offline = world.verify_offline(pdf, "06-offline")
    world.show("offline", offline)
    world.expect("断网核验", "offline", offline, "valid OK")
    story.say(
        "改动一个字节: 无效。去掉锚定证据: 断网时不能确定, 联网时按叶子取回证据, 仍然有效。",
        "One byte flipped: invalid. Evidence removed: undetermined offline; online it is fetched "
        "by leaf, and the file is valid again.",
    )
    flipped = world.verify_offline(_flip(pdf), "06-flipped")
    world.expect("改动一个字节", "one byte flipped", flipped, "invalid SIGNATURE_BROKEN")
    bare = without_evidence(pdf)
    world.expect(
        "无证据, 断网",
        "no evidence, offline",
        world.verify_offline(bare, "06-bare-offline"),
        # Signed a moment ago: it may still be waiting for its anchor, says the verifier.
        "undetermined ANCHOR_PENDING",
    )
    world.expect(
        "无证据, 联网",
        "no evidence, online",
        world.verify_online(bare, "06-bare-online"),
        "valid OK",
    )


def sample(world: World, place: int) -> StoredLicence:
    """Return the licence of a row of the sample roster, counted from 0."""
    row = world.rows[place]
    version = row["version"]
    if not isinstance(version, int):
        raise AnzhengError(Code.ROSTER_FORMAT, "a sample has no version")
    return world.licence(str(row["licence_no"]), version)


def leaf_of(row: StoredLicence) -> Leaf:
    """Return the leaf of a published licence."""
    if row.leaf is None:
        raise AnzhengError(Code.INTERNAL, "a published licence without a leaf", id=row.id)
    return row.leaf


def without_evidence(pdf: bytes) -> bytes:
    """Take the evidence out of the hole, as a vandal could."""
    place = hole.find(pdf)
    return hole.fill(pdf, place, cms.with_evidence(hole.contents(pdf, place), None))


def _flip(pdf: bytes) -> bytes:
    """Flip one bit of the signed page content."""
    at = pdf.index(b"stream") + 40
    return pdf[:at] + bytes((pdf[at] ^ 1,)) + pdf[at + 1 :]


def _request(world: World) -> PresentationRequest:
    now = whole_second(world.now())
    return PresentationRequest(
        nonce=world.installation.base.entropy.bytes(NONCE_BYTES),
        audience="大连市示例招标中心",
        purpose="示例: 投标资格核验",
        issued_at=now,
        expires_at=now + REQUEST_LIFE,
    )


def _expect_holder(world: World, zh: str, en: str, report: Report, expected: str) -> None:
    holder = report.check(CheckName.HOLDER)
    state = holder.state.value if holder else "not made"
    found = f"{report.verdict.value} {report.code.value} {state}"
    world.story.expect(zh, en, expected=expected, found=found)
