"""The pure core: what a licence is and its rules (`domain`), every byte format (`formats`).

Values in, values out: no I/O, no clock, no randomness of its own. Every other folder imports it, it
imports none of them. Begin with `domain.model`, `formats.leaf` and `formats.verdict`; beside them
`errors` has the one error with its permanent codes, `ids` names what would be just bytes, and
`ports` is time and randomness as they are handed in.
"""
