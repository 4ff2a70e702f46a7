"""The state of a contract as the state file has it, but for batches and status words. JSON.

Those two grow with the registry and have tables of their own; the rest is small.
"""

import json
from datetime import UTC, datetime
from typing import Any

from anchor.calls import Change
from anchor.chain_ports import AccountRights, Right
from anchor.events import Place, Proposed
from anchor.replay import AuthorityState, Delegation, Replay
from licence.errors import AnzhengError, Code
from licence.ids import Address, AuthorityId, BlockHash, Digest


def dump_small(replay: Replay) -> str:
    """Return all of a contract's state that is small."""
    return json.dumps(
        {
            "accounts": [
                [address.hex(), each.authority, int(each.rights)]
                for address, each in replay.accounts.items()
            ],
            "authorities": [
                [authority, seconds(each.registered_at), each.daily_cap, each.paused]
                for authority, each in replay.authorities.items()
            ],
            "delegations": [
                [principal, deputy, int(each.rights), each.until]
                for (principal, deputy), each in replay.delegations.items()
            ],
            "proposals": [_proposed_value(each) for each in replay.proposals.values()],
            "paused": replay.paused,
            "successor": None if replay.successor is None else replay.successor.hex(),
            "frozen_at": None if replay.frozen_at is None else seconds(replay.frozen_at),
        }
    )


def load_small(text: str, replay: Replay) -> None:
    """Put it back into a replay.

    Raises:
        AnzhengError: MONITOR_STATE.
    """
    try:
        value = json.loads(text)
        for address, authority, rights in value["accounts"]:
            found = AccountRights(AuthorityId(authority), Right(rights))
            replay.accounts[Address(bytes.fromhex(address))] = found
        for authority, registered_at, cap, paused in value["authorities"]:
            state = AuthorityState(moment(registered_at), cap, paused)
            replay.authorities[AuthorityId(authority)] = state
        for principal, deputy, rights, until in value["delegations"]:
            names = (AuthorityId(principal), AuthorityId(deputy))
            replay.delegations[names] = Delegation(Right(rights), until)
        for each in value["proposals"]:
            made = _proposed(each)
            replay.proposals[made.authority, made.proposal, made.account] = made
        replay.paused = value["paused"]
        successor, frozen_at = value["successor"], value["frozen_at"]
        replay.successor = None if successor is None else Address(bytes.fromhex(successor))
        replay.frozen_at = None if frozen_at is None else moment(frozen_at)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise AnzhengError(Code.MONITOR_STATE, "the monitor's state is damaged") from error


def seconds(at: datetime) -> int:
    """Return a moment as the file has it."""
    return int(at.timestamp())


def moment(number: int) -> datetime:
    """Return a moment that the file has."""
    return datetime.fromtimestamp(number, UTC)


def _proposed_value(each: Proposed) -> list[Any]:
    at = each.at
    place = [at.block_number, at.block_hash.hex(), seconds(at.block_time)]
    return [
        each.authority,
        each.sequence,
        each.account.hex(),
        each.proposal.hex(),
        each.status,
        [[change.word, f"{change.mask:x}"] for change in each.changes],
        each.decision.hex(),
        *place,
        at.transaction.hex(),
        at.log_index,
    ]


def _proposed(value: list[Any]) -> Proposed:
    authority, sequence, account, proposal, status, changes, decision, *place = value
    number, name, time, transaction, log_index = place
    return Proposed(
        at=Place(
            number,
            BlockHash(bytes.fromhex(name)),
            moment(time),
            Digest(bytes.fromhex(transaction)),
            log_index,
        ),
        sequence=sequence,
        account=Address(bytes.fromhex(account)),
        authority=AuthorityId(authority),
        proposal=Digest(bytes.fromhex(proposal)),
        status=status,
        changes=tuple(Change(word, int(mask, 16)) for word, mask in changes),
        decision=Digest(bytes.fromhex(decision)),
    )
