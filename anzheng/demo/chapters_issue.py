"""Chapters 1 to 4: authorities, rosters, release, and every licence from page to chain."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from anzheng.demo.world import AT_ONCE, World, sample_rows
from anzheng.files import write_durably
from anzheng.flows.prepare import ImportResult, Outcome
from anzheng.flows.preview import preview
from anzheng.flows.profiles import profile, with_profile
from anzheng.jobs import run_until_quiet
from anzheng.picture import first_page
from anzheng.store.licences import FlowState
from licence.errors import AnzhengError, Code
from licence.formats import licence_json
from licence.formats import release as releases
from signer.preview import PreviewPress

BAD_CODES = (
    Code.USCC_CHECK_DIGIT,
    Code.DATE_ORDER,
    Code.TEXT_CONTROL_CHARACTER,
    Code.LICENCE_NO_TWICE,
    Code.GLYPH_MISSING,
)
"""What the second roster does wrong, one kind a row (a number twice makes two rows)."""

PROFILES = ("cn-a4p", "seed-a3", "seed-a4")
"""The profiles of the first licence type."""


def authorities(world: World) -> None:
    """Chapter 1 has happened while the world was made; say what is there."""
    story, estate = world.story, world.installation.estate
    story.chapter("四个示例发证机关", "Four throw-away authorities")
    story.say(
        "建立根证书、签发 CA、时间戳、各机关和经办人的密钥; 启动 anvil 并部署合约。",
        "A root, CAs, a timestamp authority, keys for each authority and its officers; anvil runs, "
        "the contract is deployed.",
    )
    for entry in estate.authorities:
        story.show(f"{entry.id} {entry.name} {' '.join(entry.industries)}")
    story.show(f"合约 contract 0x{estate.contract.hex()} · 链 chain {estate.chain_id}")
    story.expect(
        "发证机关",
        "authorities set up",
        expected="4 authorities",
        found=f"{len(estate.authorities)} authorities",
    )
    story.say(
        "每个机关的两名经办人办一次密钥仪式, 制作离线查验码的密钥; 公钥写进信任包。",
        "Two officers of each authority hold a ceremony that makes its QR key; the trust bundle "
        "tells verifiers.",
    )
    story.expect(
        "查验码密钥",
        "QR keys made",
        expected="4 QR keys",
        found=f"{world.deal_qr_keys()} QR keys",
    )


def rosters(world: World) -> None:
    """Chapter 2: a good roster goes in; of a bad one, only the good rows."""
    story = world.story
    story.chapter("导入名册", "The rosters")
    story.say(
        "12 份证照的名册全部通过检查: 三种版式的安全生产许可证, 一份危险化学品经营许可证。",
        "A roster of 12 passes every check: safety-production licences in three profiles, and one "
        "of another type.",
    )
    preparer = world.installation.base.preparer()
    result = preparer.import_roster(world.rows)
    _show_problems(world, result)
    story.expect("好名册", "good roster", expected="12 in, 0 refused", found=_counts(result))
    story.say(
        "第二份名册有错行: 每处都指出行、字段和代码; 错行不进, 好行照常。",
        "The second roster has bad rows: each says row, field and code, and stays out.",
    )
    bad = preparer.import_roster(sample_rows("bad_roster.json", world.now()))
    _show_problems(world, bad)
    story.expect("错名册", "bad roster", expected="2 in, 6 refused", found=_counts(bad))
    found = {problem.code for problem in bad.problems}
    missed = [code.value for code in BAD_CODES if code not in found]
    story.expect(
        "五种错误都被指出",
        "all five kinds of mistake are named",
        expected="named",
        found="named" if not missed else f"missed {' '.join(missed)}",
    )
    _preview(world)
    again = preparer.import_roster(world.rows)
    story.expect(
        "再导入一次",
        "imported again",
        expected="12 same",
        found=f"{again.count(Outcome.SAME)} same",
    )


def _preview(world: World) -> None:
    """Draw one row in each profile: samples, kept nowhere but in the folder of the demo."""
    drawer = PreviewPress(verify_base=world.installation.base.settings.verify_base)
    preparer = world.installation.base.preparer()
    for name in PROFILES:
        rows = with_profile(world.rows[:1], profile(name), all_rows=True)
        for drawn in preview(rows, preparer, drawer):
            if drawn.pdf:
                write_durably(world.folder / "previews" / f"{name}.pdf", drawn.pdf)
    made = sorted(place.stem for place in (world.folder / "previews").glob("*.pdf"))
    world.story.expect(
        "签发前预览",
        "previews in every profile",
        expected=" ".join(PROFILES),
        found=" ".join(made),
    )


def release(world: World) -> None:
    """Chapter 3: the signer believes two officers and exact data, and nobody else."""
    story, installation = world.story, world.installation
    story.chapter("两人放行", "Two officers release")
    authority = world.authorities()[0]
    office = installation.offices.open(authority)
    with installation.base.store.read() as unit:
        rows = unit.licences.in_state(FlowState.PREPARED, authority=authority)
    data = [row.licence_json for row in rows]
    story.say(
        "放行后改动数据, 签发端拒绝; 只有一名经办人签名, 签发端也拒绝。",
        "Data altered after the release: the signer refuses. One officer only: it refuses too.",
    )
    two = releases.encode(world.signed_release(authority))
    one = releases.encode(world.signed_release(authority, officers=1))
    story.expect(
        "放行后改动",
        "altered after the release",
        expected=Code.RELEASE_DIGEST_MISMATCH.value,
        found=_refusal(world, two, [_altered(data[0]), *data[1:]]),
    )
    story.expect(
        "只有一名经办人",
        "one officer only",
        expected=Code.RELEASE_TWO_OFFICERS.value,
        found=_refusal(world, one, data),
    )
    with installation.base.store.read() as unit:
        untouched = unit.licences.counts().get(FlowState.PREPARED, 0)
    signed = office.ledger.signed_count(authority)
    story.expect(
        "拒绝之后",
        "after the refusals",
        expected="14 prepared, 0 signed",
        found=f"{untouched} prepared, {signed} signed",
    )
    story.expect(
        "两名经办人放行",
        "two officers release",
        expected="4 releases",
        found=f"{world.release_all()} releases",
    )


def issue(world: World) -> None:
    """Chapter 4: render, sign, timestamp, anchor, fill, publish, hand out."""
    story, base = world.story, world.installation.base
    story.chapter("签发与锚定", "Sign and anchor")
    story.say(
        "排版为 PDF/A-3a、核对页面文字、签名、加时间戳; 每个机关一笔交易上链; 证据填回文件。",
        "Each page is set as PDF/A-3a, read back, signed, timestamped; one transaction an "
        "authority; the evidence goes into the file.",
    )
    world.sign_released()
    run_until_quiet(world.installation, AT_ONCE)
    handed_out = world.hand_out()
    world.refresh_trust()
    with base.store.read() as unit:
        counts = unit.licences.counts()
        batches = {row.batch_id for row in unit.licences.in_state(FlowState.PUBLISHED)}
    story.expect(
        "全部发布",
        "all published",
        expected="14 published, 0 parked",
        found=f"{counts.get(FlowState.PUBLISHED, 0)} published, "
        f"{counts.get(FlowState.PARKED, 0)} parked",
    )
    story.expect(
        "每个机关一笔交易",
        "one transaction an authority",
        expected="4 batches",
        found=f"{len(batches)} batches",
    )
    story.expect(
        "每种版式",
        "every profile",
        expected="cn-a4p/2 7, hazchem-a4p/1 1, seed-a3/1 3, seed-a4/1 3",
        found=", ".join(f"{name} {count}" for name, count in sorted(_templates(world).items())),
    )
    pictured = world.licence(str(world.rows[0]["licence_no"]))
    write_durably(world.folder / "licence.png", first_page(world.pdf(pictured)))
    story.show(f"{handed_out} 份文件 files: {world.folder / 'licences'}")
    codes = world.folder / "codes"
    story.expect(
        "每份附离线查验码",
        "a data code beside each",
        expected="14 codes",
        found=f"{len(list(codes.glob('*.qr.svg')))} codes",
    )
    story.show(f"离线查验码 data codes: {codes}")


def _templates(world: World) -> Counter[str]:
    return Counter(
        licence_json.decode(row.licence_json).draft.template for row in world.published()
    )


def _refusal(world: World, statement: bytes, data: Sequence[bytes]) -> str:
    office = world.installation.offices.open(world.authorities()[0])
    try:
        office.signer.sign_batch(statement, data)
    except AnzhengError as exc:
        world.story.show(f"{exc.code.value}: {exc.message}")
        return exc.code.value
    return "accepted"


def _altered(data: bytes) -> bytes:
    """What a thief of the console would like to have signed: the same number, another holder."""
    version = licence_json.decode(data)
    draft = replace(version.draft, enterprise_name="大连示例窃取有限公司")
    return licence_json.encode(replace(version, draft=draft))


def _show_problems(world: World, result: ImportResult) -> None:
    for problem in result.problems:
        world.story.show(
            f"第 {problem.row} 行 row · {problem.field} · {problem.code.value}: {problem.message}"
        )


def _counts(result: ImportResult) -> str:
    taken = result.count(Outcome.NEW)
    return f"{taken} in, {result.count(Outcome.REFUSED)} refused"
