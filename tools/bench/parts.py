"""Single parts, each alone in one process: signing, and the verifier's strict path."""

from licence.formats import licence_json
from signer.press import PressJob
from tests.builders import AUTHORITY, make_world
from tools.bench.measures import Measure, Peer, milliseconds
from verifier.policy import BATCH, STRICT
from verifier.verify import verify

SIGN_TIMES = 200
VERIFY_TIMES = 100
REFEREE_TIMES = 10


def sign_ms() -> Measure:
    """Sign and timestamp prepared files; the page was made before."""
    world = make_world()
    data = licence_json.encode(world.version())
    signer = world.pki.licence_signer(AUTHORITY, clock=world.clock, entropy=world.entropy)
    prepared = world.press.press(PressJob(data, world.clock.now(), signer.dss()))
    keys = (world.pki.signer_keys[AUTHORITY], world.pki.tsa_key)
    bare = milliseconds(lambda: [key.sign(data) for key in keys], SIGN_TIMES)
    return Measure(
        name="sign_ms",
        value=milliseconds(lambda: signer.sign(signer.prepare(data, prepared)), SIGN_TIMES),
        unit="ms",
        limit=2.0,
        target=1.0,
        at_least=False,
        peer=Peer("two bare RSA signatures by the same keys", bare),
        note="check, CMS, RSA-2048 signature, test timestamp and fill of one prepared file",
    )


def verify_ms() -> Measure:
    """Verify one file offline, by the strict path; with pyHanko as the peer."""
    world = make_world()
    issued, trust = world.issue(world.version()), world.trust()

    def check(*, referee: bool) -> None:
        policy = STRICT if referee else BATCH
        verify(issued.pdf, trust, policy=policy, now=world.now).require()

    strict = milliseconds(lambda: check(referee=False), VERIFY_TIMES)
    both = milliseconds(lambda: check(referee=True), REFEREE_TIMES)
    return Measure(
        name="verify_ms",
        value=strict,
        unit="ms",
        limit=40.0,
        target=20.0,
        at_least=False,
        peer=Peer("pyHanko's three answers about the same file", both - strict),
        note="all checks of one file, offline, without the referee, one process",
    )
