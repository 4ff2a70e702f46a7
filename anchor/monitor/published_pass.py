"""What an authority publishes, against the chain: manifests, logs, lists; and its own register."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

from anchor.calls import LICENCES_IN_WORD, status_in
from anchor.events import Anchored
from anchor.monitor import batch_rules, log_rules, register_rules, status_rules, watch
from anchor.monitor.alarms import Alarm
from anchor.monitor.batch_rules import known_row, manifest_alarm, read_manifest, row_alarms
from anchor.monitor.findings import Findings, Means, contract_name
from anchor.monitor.log_rules import BatchName, LogFacts
from anchor.monitor.register_rules import ChainStatus
from anchor.monitor.side_reader import read_side_list
from anchor.monitor.status_rules import ChainWord, ShardFacts
from anchor.monitor.watch import WatchKey
from anchor.public_log import PublicLog
from licence.domain.status import StatusWord, more_negative
from licence.errors import AnzhengError, Code
from licence.formats import checkpoint as checkpoints
from licence.formats import status_list
from licence.formats.evidence import log_origin
from licence.formats.manifest import Manifest
from licence.formats.status_shard import SHARD_ENTRIES, ListName
from licence.formats.trust_types import Authority
from licence.ids import Address, AuthorityId, ChainId, StatusIndex

WORDS_IN_SHARD: Final = SHARD_ENTRIES // LICENCES_IN_WORD
_NIBBLE_BITS: Final = 4
_AWAY: Final = (Code.NOT_CHECKED, Code.STORE_FAILED, Code.CHAIN_UNAVAILABLE)
"""Faults of whoever serves files; everything else is what the files say."""


# ---------------------------------------------------------------- manifests


def read_manifests(means: Means, findings: Findings, public: PublicLog) -> None:
    """Read the manifests that were not read yet, and compare their rows with all before."""

    def look() -> None:
        for contract in means.contracts:
            name = contract_name(contract)
            for batch in means.memory.unread_batches(name):
                _read_one(means, findings, public, name, batch)

    findings.run(batch_rules.MANIFESTS, look)


def _read_one(
    means: Means, findings: Findings, public: PublicLog, name: str, batch: Anchored
) -> None:
    problem: AnzhengError | None = None
    try:
        data = public.manifest(means.registry.id, batch.authority, batch.manifest)
        if data is not None:
            manifest = read_manifest(data, batch, means.registry.id)
            _keep_rows(means, findings, name, batch, manifest)
            return
    except AnzhengError as error:
        if error.code not in (Code.MANIFEST_SYNTAX, Code.MANIFEST_MISMATCH, Code.TOO_LARGE):
            raise
        problem = error
    alarm = manifest_alarm(batch, name, problem, findings.now, means.policy.manifest)
    findings.keep([alarm] if alarm else [])


def _keep_rows(
    means: Means, findings: Findings, name: str, batch: Anchored, manifest: Manifest
) -> None:
    """Keep a whole manifest in one step: killed in between, it is read again."""
    found, new = list[Alarm](), list[Alarm]()
    with means.memory.step() as step:
        for each in manifest.rows:
            row = known_row(each, batch, name)
            others = means.memory.rows_like(row)
            for alarm in row_alarms(row, others):
                found.append(alarm)
                new += [alarm] if step.raise_alarm(alarm, findings.now) else []
            if row.number is not None and any(other.number == row.number for other in others):
                step.watch_number(row.authority, row.number)
            step.keep_rows([row])
        step.manifest_read(name, batch.sequence)
    findings.kept(found, new)


def settle_numbers(means: Means, findings: Findings) -> None:
    """Look whether numbers with several versions have one that is live, and no more."""

    def look() -> None:
        findings.require_chain()
        for authority, number in means.memory.watched_numbers():
            rows = means.memory.rows_of_number(authority, number)
            grace = means.policy.live_twice
            again, alarm = batch_rules.live_twice(
                rows, partial(_word_of, findings), findings.now, grace
            )
            if alarm is not None:
                findings.keep([alarm])
            if not again:
                with means.memory.step() as step:
                    step.number_settled(authority, number)

    findings.run(batch_rules.NUMBERS, look)


def _word_of(findings: Findings, authority: AuthorityId, index: StatusIndex) -> StatusWord:
    word = StatusWord.NONE
    for progress in findings.contracts.values():
        word = more_negative(word, progress.replay.status_of(authority, index))
    return word


def watch_licences(means: Means, findings: Findings, watched: Iterable[WatchKey]) -> None:
    """Look for licences of watched enterprises that they did not ask for."""

    def look() -> None:
        for key in watched:
            if key.registry == means.registry.id:
                rows = means.memory.rows_of_uscc(key.authority, key.uscc)
                findings.keep(watch.watch_alarms(key, rows))

    findings.run(watch.GROUP, look)


# ---------------------------------------------------------------- logs


def read_logs(means: Means, findings: Findings, public: PublicLog) -> None:
    """Read each authority's log."""
    for authority in means.bundle.authorities:
        look = partial(_read_log, means, findings, public, authority)
        findings.run(log_rules.group_of(authority.id), look)


def _read_log(means: Means, findings: Findings, public: PublicLog, authority: Authority) -> None:
    findings.require_chain()
    seen = means.memory.log(authority.id)
    batches = _unlogged(means, authority.id)
    note = public.checkpoint(log_origin(means.registry.id, authority.id))
    if note is None:
        missing = log_rules.missing_log(authority, seen)
        findings.keep([missing] if missing else [])
        findings.keep(log_rules.unlogged_alarms(batches, findings.now, means.policy))
        return
    facts = LogFacts(
        registry=means.registry,
        authority=authority,
        note=note,
        entries=_entries(means, public, authority, note),
        seen=seen,
        batches=batches,
        height=_heights(means, findings),
        unread=frozenset((each.chain_id, each.address) for each in means.unread),
    )
    found = log_rules.judge_log(facts, findings.now, means.policy)
    with means.memory.step() as step:
        if found.seen is not None:
            step.save_log(authority.id, found.seen)
        for chain, address, sequence in found.logged:
            name = next(
                contract_name(each)
                for each in means.contracts
                if (each.chain_id, each.address) == (chain, address)
            )
            step.log_found(name, [sequence])
        new = [alarm for alarm in found.alarms if step.raise_alarm(alarm, findings.now)]
    findings.kept(found.alarms, new)
    left = {name: batch for name, batch in batches.items() if name not in found.logged}
    findings.keep(log_rules.unlogged_alarms(left, findings.now, means.policy))


def _entries(
    means: Means, public: PublicLog, authority: Authority, note: bytes
) -> tuple[bytes, ...]:
    """Return the entries under a checkpoint; none when they do not come, which judging shows."""
    try:
        size = checkpoints.parse(note).checkpoint.size
        return public.entries(log_origin(means.registry.id, authority.id), size)
    except AnzhengError as error:
        if error.code in _AWAY:
            raise
        return ()


def _unlogged(means: Means, authority: AuthorityId) -> dict[BatchName, Anchored]:
    return {
        (contract.chain_id, contract.address, batch.sequence): batch
        for contract in means.contracts
        for batch in means.memory.unlogged_batches(contract_name(contract), authority)
    }


def _heights(means: Means, findings: Findings) -> Mapping[tuple[ChainId, Address], int]:
    return {
        (contract.chain_id, contract.address): findings.contracts[name].block.number
        for contract in means.contracts
        if (name := contract_name(contract)) in findings.contracts
    }


# ---------------------------------------------------------------- lists


def read_lists(means: Means, findings: Findings) -> None:
    """Read each authority's published lists."""
    for authority in means.bundle.authorities:
        look = partial(_read_shards, means, findings, authority)
        findings.run(status_rules.group_of(authority.id), look)


def _read_shards(means: Means, findings: Findings, authority: Authority) -> None:
    findings.require_chain()
    words = _words(means, authority.id)
    shards = {number // WORDS_IN_SHARD for number in words} | set(range(authority.shards))
    for shard in sorted(shards):
        first = shard * WORDS_IN_SHARD
        mine = {
            number: word
            for number, word in words.items()
            if first <= number < first + WORDS_IN_SHARD
        }
        try:
            facts = _shard(means, authority, shard, mine)
        except AnzhengError as error:
            if error.code in _AWAY:
                raise
            findings.keep([_refused(authority.id, shard, error)])
            continue
        findings.keep(status_rules.judge_shard(facts, findings.now, means.policy))


def _shard(
    means: Means, authority: Authority, shard: int, words: Mapping[int, ChainWord]
) -> ShardFacts:
    lists = means.lists
    if lists is None:
        raise AnzhengError(Code.NOT_CHECKED, "there are no lists to look at")
    name = ListName(authority.list_base_uri, means.registry.id, authority.id, shard)
    packed = lists.status_list(means.registry.id, authority.id, shard)
    side = lists.side_list(means.registry.id, authority.id, shard)
    keys = authority.status_keys
    return ShardFacts(
        authority=authority.id,
        shard=shard,
        words=words,
        status_list=(
            None if packed is None else status_list.decode_cwt(packed, keys=keys, expected=name)
        ),
        side_list=(None if side is None else read_side_list(lists, side, keys=keys, expected=name)),
    )


def _refused(authority: AuthorityId, shard: int, error: AnzhengError) -> Alarm:
    return Alarm(
        code=Code.STATUS_LIST_REFUSED,
        subject=f"{authority}/{shard}",
        message=f"a published list is refused: {error.message}",
        facts=(("shard", shard), ("cause", error.code.value)),
        group=status_rules.group_of(authority),
        authority=authority,
    )


def _words(means: Means, authority: AuthorityId) -> dict[int, ChainWord]:
    """Return the storage words of an authority, the most negative over all contracts."""
    found: dict[int, ChainWord] = {}
    for contract in means.contracts:
        for number, word in means.memory.words(contract_name(contract), authority).items():
            found[number] = _worse(found[number], word) if number in found else word
    return found


def _worse(one: ChainWord, other: ChainWord) -> ChainWord:
    value = 0
    for place in range(LICENCES_IN_WORD):
        word = more_negative(status_in(one.value, place), status_in(other.value, place))
        value |= word << _NIBBLE_BITS * place
    return ChainWord(value, max(one.changed_at, other.changed_at))


# ---------------------------------------------------------------- the authority's own register


def compare_register(means: Means, findings: Findings) -> None:
    """Compare the authority's own register with the chain, both ways."""

    def look() -> None:
        findings.require_chain()
        if means.register is None:
            return
        facts = means.register.facts(means.registry.id)
        batches = {
            (batch.authority, batch.root, batch.size, batch.manifest): batch
            for progress in findings.contracts.values()
            for batch in progress.replay.batches.values()
        }
        statuses = {
            key: status
            for authority in facts.authorities
            for key, status in _statuses(authority, _words(means, authority))
        }
        findings.keep(
            register_rules.judge_register(facts, batches, statuses, findings.now, means.policy)
        )

    findings.run(register_rules.GROUP, look)


def _statuses(
    authority: AuthorityId, words: Mapping[int, ChainWord]
) -> Iterable[tuple[tuple[AuthorityId, StatusIndex], ChainStatus]]:
    for number, word in words.items():
        for place in range(LICENCES_IN_WORD):
            status = status_in(word.value, place)
            if status is not StatusWord.NONE:
                index = StatusIndex(number * LICENCES_IN_WORD + place)
                yield (authority, index), ChainStatus(status, word.changed_at)
