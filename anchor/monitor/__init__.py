"""The monitor: whether an authority does on the chain what it says, for anybody who wants to know.

Rules are pure (`*_rules`): facts in, alarms out. `watchman` gathers the facts and keeps what was
seen in a state file, one transaction a step.
"""
