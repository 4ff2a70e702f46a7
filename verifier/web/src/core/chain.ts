/**
 * Path validation for the profiles that we write: signer, timestamp authority, holder. At most two
 * CAs between a certificate and a pinned root; what is not in the profile is refused.
 *
 * Standard: RFC 5280, 6.1; `verifier/chain_of_trust.py`.
 */
import { type Bytes, equal, sha256 } from "./bytes.ts";
import * as der from "./der.ts";
import { Refusal } from "./errors.ts";
import * as oids from "./oids.ts";
import type { Seconds } from "./time.ts";
import type { TrustBundle } from "./trust-types.ts";
import {
  basicConstraints,
  type Certificate,
  exactly,
  hasUnknownCritical,
  isIssuedBy,
  isStrong,
  keyUsage,
  loadCertificate,
  nameParts,
  policies,
  purposes,
  untrusted,
} from "./x509.ts";

const MAX_PATH = 4;
const MAX_POOL = 32;

/** From the certificate asked about up to the pinned root. */
export type Path = readonly Certificate[];

/** Find the path from a certificate to a pinned root, without looking at dates. */
export async function findPath(
  certificate: Uint8Array,
  pool: readonly Uint8Array[],
  roots: readonly Uint8Array[],
): Promise<Path> {
  if (pool.length > MAX_POOL) throw untrusted("too many certificates");
  const anchors = roots.map(loadCertificate);
  const others = pool.map(loadCertificate);
  const path = await search([loadCertificate(certificate)], others, anchors);
  if (path === undefined) throw untrusted("no path to a pinned root");
  for (const [place, issuer] of path.slice(1).entries()) {
    checkIssuer(issuer, place, issuer === path.at(-1));
    checkNames(issuer, path.slice(0, place + 1));
  }
  for (const each of path) {
    if (!isStrong(each)) throw untrusted("a weak key or hash");
    if (hasUnknownCritical(each)) throw untrusted("a critical extension that we do not know");
  }
  return path;
}

async function search(
  path: Path,
  pool: readonly Certificate[],
  anchors: readonly Certificate[],
): Promise<Path | undefined> {
  const last = path.at(-1) as Certificate;
  for (const anchor of anchors) {
    // A root is never itself a signer, TSA or holder.
    if (equal(last.der, anchor.der)) return undefined;
    if (await isIssuedBy(last, anchor)) return [...path, anchor];
  }
  if (path.length >= MAX_PATH - 1) return undefined;
  for (const candidate of pool) {
    const isThere = path.some((one) => equal(one.der, candidate.der));
    if (isThere || !(await isIssuedBy(last, candidate))) continue;
    const found = await search([...path, candidate], pool, anchors);
    if (found !== undefined) return found;
  }
  return undefined;
}

function checkIssuer(issuer: Certificate, casBelow: number, isRoot: boolean): void {
  const constraints = basicConstraints(issuer);
  if (constraints === undefined || !issuer.extensions.has(oids.KEY_USAGE)) {
    throw untrusted("an issuer that is not marked as a CA");
  }
  if (!constraints.ca || !keyUsage(issuer).has("keyCertSign")) {
    throw untrusted("an issuer that is not a CA");
  }
  if (!constraints.critical && !isRoot) throw untrusted("basic constraints must be critical");
  if (constraints.pathLength !== undefined && BigInt(casBelow) > constraints.pathLength) {
    throw untrusted("more CAs below a CA than it may have");
  }
}

/** Hold the names below a CA against its name constraints, of the one form that we write. */
function checkNames(issuer: Certificate, below: Path): void {
  const extension = issuer.extensions.get(oids.NAME_CONSTRAINTS);
  if (extension === undefined) return;
  const permitted = permittedNames(extension.value);
  for (const certificate of below) {
    const parts = nameParts(certificate.subject);
    const fits = permitted.some((begin) =>
      begin.every((part, at) => parts[at] !== undefined && equal(part, parts[at] as Bytes)),
    );
    if (!fits) throw untrusted("a CA certified a name that it may not");
  }
}

function permittedNames(value: Bytes): Bytes[][] {
  const unknown = "name constraints that we do not know";
  const [permitted, ...excluded] = der.children(value);
  if (permitted === undefined || excluded.length > 0) throw untrusted(unknown);
  if (der.tagOf(permitted) !== der.CONTEXT_0) throw untrusted(unknown);
  return der.children(permitted, der.CONTEXT_0).map((subtree) => {
    const [base] = exactly(der.children(subtree), 1) as [Bytes];
    if (der.tagOf(base) !== der.CONTEXT_4) throw untrusted(unknown);
    return nameParts(exactly(der.children(base, der.CONTEXT_4), 1)[0] as Bytes);
  });
}

export function checkDates(path: Path, at: Seconds): void {
  if (path.some((one) => at < one.notBefore || one.notAfter < at)) {
    throw untrusted("a certificate was not valid at that time");
  }
}

/** Return the pinned policy of the certificate, which each CA must allow too; SIGNER_POLICY. */
export function checkPolicy(path: Path, pinned: readonly string[]): string {
  let found = [...policies(path[0] as Certificate)].filter((one) => pinned.includes(one));
  for (const issuer of path.slice(1, -1)) {
    const allowed = policies(issuer);
    if (!allowed.has(oids.ANY_POLICY)) found = found.filter((one) => allowed.has(one));
  }
  const [first] = found.sort();
  if (first === undefined) throw policy("the certificate has no pinned policy");
  return first;
}

/** Refuse a certificate that is not made for sealing documents, and for nothing else. */
export function checkLicenceSigner(certificate: Certificate): void {
  const usage = keyUsage(certificate);
  if (!usage.has("contentCommitment") || usage.has("digitalSignature") || isCa(certificate)) {
    throw policy("not a licence-signing certificate");
  }
  if (usage.has("keyCertSign") || usage.has("crlSign") || usage.has("keyEncipherment")) {
    throw policy("a signing key with a second use");
  }
}

/** Refuse a certificate that is not made for timestamps, and for nothing else (RFC 3161, 2.3). */
export function checkTsa(certificate: Certificate): void {
  const extended = certificate.extensions.get(oids.EXTENDED_KEY_USAGE);
  const found = purposes(certificate);
  if (!extended?.critical || found?.length !== 1 || found[0] !== oids.TIME_STAMPING) {
    throw policy("not a certificate for timestamps only");
  }
  if (isCa(certificate)) throw policy("a CA does not issue timestamps");
}

function isCa(certificate: Certificate): boolean {
  return basicConstraints(certificate)?.ca ?? false;
}

/** Return from when on a key of the path is not believed, or undefined while all are. */
export async function closedFrom(path: Path, bundle: TrustBundle): Promise<Seconds | undefined> {
  const ends: number[] = [];
  for (const certificate of path) {
    const digest = await sha256(certificate.der);
    const { withdrawn } = bundle;
    ends.push(...withdrawn.filter((one) => equal(one.sha256, digest)).map((one) => one.distrustFrom));
    // The same root may be pinned for signers and for timestamps: either closing counts.
    for (const root of [...bundle.roots, ...bundle.tsaRoots]) {
      const isThis = equal(root.certificate, certificate.der);
      if (isThis && root.distrustFrom !== undefined) ends.push(root.distrustFrom);
    }
  }
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function policy(message: string): Refusal {
  return new Refusal("SIGNER_POLICY", message);
}
