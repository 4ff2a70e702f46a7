r"""A pool of child processes in which the bytes of strangers are read.

    with Pool(2, Limits(), FolderContext(Path("trust"))) as pool:
        answer = pool.submit(Job(recognise(data), ask)).result()

A PDF reader, or one of our own decoders, that is brought down by a file brings down one child: the
answer is a report that says so, never an exception, and the next file gets a fresh child.

    caller --Job--> keeper thread --socket--> child (one file at a time, bounded)
                         \--control--> nursery: one process without threads, forks the children

The nursery is started by exec, so that a program with threads may have a pool; it loads libraries
and trust once, and its children share them. What a child sends back is read as values only: a
child that a file has taken over can lie about that file, and do nothing else.

Standard: DESIGN 4 ("could not check" is never "bad"); research pdfsign 4.2 (limits).
"""

from verifier.pictures import Mark, Picture
from verifier.pool.context import Context, FolderContext, GivenContext
from verifier.pool.keeper import Pool
from verifier.pool.types import Answer, Job, Limits, PoolState, Want

__all__ = [
    "Answer",
    "Context",
    "FolderContext",
    "GivenContext",
    "Job",
    "Limits",
    "Mark",
    "Picture",
    "Pool",
    "PoolState",
    "Want",
]
