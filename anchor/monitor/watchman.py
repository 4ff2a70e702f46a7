"""One pass of the monitor: gather facts, judge them by the rules, remember what was right.

1. Each contract of the registry: from the last verified block to the newest final one, in steps.
2. Each manifest that is not read yet, and its rows beside all rows before it.
3. Each authority's log.
4. Each authority's published lists.
5. Numbers of which several versions were live; watched enterprises; the authority's own register.

A rule that cannot look (a node is away, a file does not come) says so and changes nothing: neither
its old alarms nor what is remembered.
"""

from collections.abc import Iterator
from functools import partial

from anchor.monitor import contract_pass, published_pass
from anchor.monitor.findings import Findings, Means, Outcome, contract_name
from anchor.monitor.ports import ContractState


def run_pass(means: Means) -> Outcome:
    """Run one pass.

    Raises:
        AnzhengError: MONITOR_STATE, STORE_FAILED.
    """
    findings = Findings(means.memory, means.clock.now())
    known = tuple(_contracts(means, findings))
    if means.public is not None:
        published_pass.read_manifests(means, findings, means.public)
        published_pass.read_logs(means, findings, means.public)
    if means.lists is not None:
        published_pass.read_lists(means, findings)
    published_pass.settle_numbers(means, findings)
    if means.watched is not None:
        published_pass.watch_licences(means, findings, means.watched)
    if means.register is not None:
        published_pass.compare_register(means, findings)
    return findings.end(known)


def _contracts(means: Means, findings: Findings) -> Iterator[ContractState]:
    for contract in means.contracts:
        name = contract_name(contract)
        findings.run(
            contract_pass.group_of(name),
            partial(contract_pass.follow, means, findings, contract, name),
        )
        progress = findings.contracts.get(name) or means.memory.progress(name)
        if progress is None:
            findings.is_behind()
            continue
        findings.contracts[name] = progress
        yield ContractState.of(name, progress)
