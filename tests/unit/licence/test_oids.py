"""Our identifiers are fixed for ever."""

from uuid import UUID

from licence.formats import der, oids


def test_arc_is_the_uuid_that_was_drawn_once() -> None:
    number = UUID("507e4dcf-881f-42db-86cb-8240068f91d2").int
    assert f"2.25.{number}" == oids.ARC


def test_our_identifiers_never_change() -> None:
    ours = {
        oids.POLICY_LICENCE_SIGNING: ".1.1",
        oids.POLICY_HOLDER: ".1.2",
        oids.POLICY_TSA_TEST: ".1.3",
        oids.ATTR_LICENCE_JSON_DIGEST: ".2.1",
        oids.ATTR_ANCHOR_EVIDENCE: ".2.2",
        oids.EXT_LICENCE_BINDING: ".3.1",
        oids.EXT_ENTITLEMENT: ".3.2",
    }
    assert {dotted.removeprefix(oids.ARC): rest for dotted, rest in ours.items()} == {
        rest: rest for rest in ours.values()
    }


def test_every_identifier_has_a_der_form_of_its_own() -> None:
    dotted = {name: each for name, each in vars(oids).items() if name.isupper()}
    assert len({der.oid(each) for each in dotted.values()}) == len(dotted)
