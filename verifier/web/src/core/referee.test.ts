/** pkijs, the well-kept reader of certificates, must agree with ours on what we sign with. */
import { Certificate as Theirs, CryptoEngine, setEngine } from "pkijs";
import { describe, expect, it } from "vitest";

import { flipped, golden, trustFolder } from "../testing/goldens.ts";
import { type Bytes, equal, hex } from "./bytes.ts";
import { findPath } from "./chain.ts";
import { parseCms } from "./cms.ts";
import * as der from "./der.ts";
import { readContainer } from "./hole.ts";
import { NOTHING_SEEN } from "./memory.ts";
import { kindOf } from "./revocation.ts";
import { streams } from "./streams.ts";
import { loadTrust } from "./trust.ts";
import { isIssuedBy, loadCertificate } from "./x509.ts";

setEngine("webcrypto", new CryptoEngine({ name: "webcrypto", crypto }));

const pdf = golden("whole", "good.pdf");
const { bundle } = await loadTrust(trustFolder(["whole", "trust"]), NOTHING_SEEN);
const parts = await parseCms((await readContainer(pdf)).cms);
const roots = [...bundle.roots, ...bundle.tsaRoots].map((root) => root.certificate);
const inFile = [...streams(pdf)].filter((one) => kindOf(one) === "certificate");
const all: Bytes[] = [];
for (const one of [...parts.certificates, ...roots, ...inFile]) {
  if (!der.includes(all, one)) all.push(one);
}

describe("certificates of a licence", () => {
  it("are several, and those of the signature stand in the signed bytes", () => {
    expect(all.length).toBeGreaterThan(3);
    expect(parts.certificates.every((one) => der.includes(inFile, one))).toBe(true);
  });

  it.each(all.map((one, at) => [at, one] as const))("number %i is read alike", (_, data) => {
    const ours = loadCertificate(data);
    const theirs = Theirs.fromBER(data);
    expect(hex(new Uint8Array(theirs.serialNumber.toBER()))).toBe(hex(ours.serial));
    expect(theirs.notBefore.value.getTime() / 1000).toBe(ours.notBefore);
    expect(theirs.notAfter.value.getTime() / 1000).toBe(ours.notAfter);
    expect(hex(new Uint8Array(theirs.issuer.toSchema().toBER()))).toBe(hex(ours.issuer));
    expect(hex(new Uint8Array(theirs.subject.toSchema().toBER()))).toBe(hex(ours.subject));
    expect(hex(new Uint8Array(theirs.subjectPublicKeyInfo.toSchema().toBER()))).toBe(hex(ours.spki));
    const extensions = (theirs.extensions ?? []).map((one) => [one.extnID, one.critical] as const);
    expect(extensions).toEqual([...ours.extensions].map(([id, one]) => [id, one.critical]));
  });

  it("are issued by the same ones in both readings", async () => {
    let issued = 0;
    for (const one of all) {
      for (const other of all) {
        const ours = await isIssuedBy(loadCertificate(one), loadCertificate(other));
        const [theirs, issuer] = [Theirs.fromBER(one), Theirs.fromBER(other)];
        const isNamed = theirs.issuer.isEqual(issuer.subject);
        expect(ours).toBe(isNamed && (await theirs.verify(issuer)));
        issued += ours ? 1 : 0;
      }
    }
    expect(issued).toBeGreaterThan(2);
  });

  it("make a path to a pinned root, and not with one bit changed", async () => {
    const pinned = bundle.roots.map((root) => root.certificate);
    const path = await findPath(parts.signerCertificate, parts.certificates, pinned);
    expect(equal((path.at(-1) as (typeof path)[number]).der, pinned[0] as Bytes)).toBe(true);
    const { signerCertificate } = parts;
    for (let at = 0; at < signerCertificate.length; at += 17) {
      await expect(findPath(flipped(signerCertificate, at), parts.certificates, pinned)).rejects.toThrow();
    }
  });
});
