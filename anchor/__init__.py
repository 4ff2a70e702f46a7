"""ANCHOR: a batch of leaves becomes one root on chain and evidence for each leaf.

Batches: `batch` freezes, `publish` takes a batch from step to step, `sender` brings one transaction
onto the chain, `log` and `witness` make the cosigned checkpoint, `evidence` the proofs. Status:
`status_writer` and `confirmer` write it, `status_lists` and `trust_repository` publish it. Only
`chain/` knows the Ethereum libraries; `ports` says what is needed of others.
"""
