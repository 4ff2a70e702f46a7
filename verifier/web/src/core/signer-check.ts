/**
 * Checks 3 and 4: the signer has a path to a pinned root and is the one authority; the timestamp is
 * one that we trust, at most 60 s after the block time.
 *
 * Standard: RFC 5280, 6.1; RFC 3161; `verifier/checks/{c03_signer,c04_timestamp}.py`.
 */
import { type Bytes, compare, equal, fromUtf8, hex, sha256 } from "./bytes.ts";
import { isAuthority } from "./cbor.ts";
import { checkDates, checkLicenceSigner, checkPolicy, checkTsa, closedFrom, findPath, type Path } from "./chain.ts";
import type { CmsParts } from "./cms.ts";
import * as der from "./der.ts";
import { asRefusal, type Code, Refusal } from "./errors.ts";
import type { Licence } from "./licence-json.ts";
import * as oids from "./oids.ts";
import { checkNotRevoked, type RevocationData } from "./revocation.ts";
import { momentText, type Seconds, shanghaiDay } from "./time.ts";
import type { Token } from "./timestamp.ts";
import { type Authority, authorityOf, mayIssue, type TrustBundle } from "./trust-types.ts";
import { type CheckResult, ended, type Facts, passed } from "./verdict.ts";
import { type Certificate, organisationIdentifier, untrusted } from "./x509.ts";

const SIGNER = "RFC 5280 6.1, ETSI EN 319 412-3";
export const TIMESTAMP = "RFC 3161 2.4.2, ETSI EN 319 422";
/** How far the clock of the TSA may be ahead of that of the chain. */
const MAX_AFTER_BLOCK = 60;
/** A signature that waited longer than this for its block is worth a note. */
const LONG_GAP = 86_400;
const MAX_ITEMS = 200;
const WORD = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?$/;
const REGION = /^[0-9]{2,6}$/;

/** What was found in the signed bytes of the file. */
export interface ValidationData extends RevocationData {
  certificates: readonly Bytes[];
}

/** Find the path of the signer among the certificates of the CMS; SIGNER_UNTRUSTED. */
export async function signerPath(parts: CmsParts, bundle: TrustBundle): Promise<Path> {
  try {
    const roots = bundle.roots.map((root) => root.certificate);
    return await findPath(parts.signerCertificate, parts.certificates, roots);
  } catch (error) {
    throw untrusted(asRefusal(error).message);
  }
}

export function signerRefused(error: unknown): CheckResult {
  const { code, message } = asRefusal(error);
  const told = code === "DER_SYNTAX" ? "SIGNER_UNTRUSTED" : code;
  return ended("signer", told, SIGNER, [["reason", message]]);
}

/** Decide whether the signer could sign this licence at that time. */
export async function checkSigner(
  path: Path,
  parts: CmsParts,
  data: ValidationData,
  licence: Licence,
  bundle: TrustBundle,
  moments: readonly Seconds[],
): Promise<CheckResult> {
  try {
    const [signedAt] = moments as [Seconds];
    const policy = await checkCertificate(path, parts, data, bundle, moments);
    const authority = checkAuthority(path[0] as Certificate, licence, bundle, signedAt);
    const [facts, notes] = closedLater(await closedFrom(path, bundle), moments.length > 1);
    return passed(
      "signer",
      SIGNER,
      [
        ["authority", authority.name],
        ["authority_id", authority.id],
        ["certificate_sha256", hex(await sha256(parts.signerCertificate))],
        ["policy", policy],
        ...facts,
      ],
      notes,
    );
  } catch (error) {
    return signerRefused(error);
  }
}

async function checkCertificate(
  path: Path,
  parts: CmsParts,
  data: ValidationData,
  bundle: TrustBundle,
  moments: readonly Seconds[],
): Promise<string> {
  const [signedAt] = moments as [Seconds];
  checkLicenceSigner(path[0] as Certificate);
  const policy = checkPolicy(path, bundle.policies);
  checkDates(path, signedAt);
  // The CMS is not signed itself: its certificates are the path without the root, no more and no
  // fewer, and each stands byte for byte in the signed bytes.
  const wanted = path.slice(0, -1).map((one) => one.der).sort(compare);
  const isPath =
    wanted.length === parts.certificates.length &&
    wanted.every((one, at) => equal(one, parts.certificates[at] as Bytes));
  if (!isPath || !wanted.every((one) => der.includes(data.certificates, one))) {
    throw untrusted("the certificates are not those that were signed");
  }
  await checkNotDistrusted(path, bundle, moments);
  await checkNotRevoked(path, data, signedAt);
  return policy;
}

async function checkNotDistrusted(path: Path, bundle: TrustBundle, moments: readonly Seconds[]): Promise<void> {
  const end = await closedFrom(path, bundle);
  if (end !== undefined && Math.max(...moments) >= end) {
    throw new Refusal("SIGNER_DISTRUSTED", "a key of the path was closed before that");
  }
}

function closedLater(end: Seconds | undefined, isAnchored: boolean): [Facts, readonly Code[]] {
  if (end === undefined || !isAnchored) return [[], []];
  return [[["key_closed_from", momentText(end)]], ["KEY_CLOSED_LATER"]];
}

function checkAuthority(
  signer: Certificate,
  licence: Licence,
  bundle: TrustBundle,
  signedAt: Seconds,
): Authority {
  if (organisationIdentifier(signer) !== licence.issuerCode) {
    throw new Refusal("SIGNER_AUTHORITY", "the certificate is that of another authority");
  }
  const authority = authorityOf(bundle, licence.issuerCode);
  if (authority === undefined) {
    const code = bundle.issuedAt < signedAt ? "TRUST_BUNDLE_OLD" : "SIGNER_NOT_ENTITLED";
    throw new Refusal(code, "the trust bundle does not know the authority");
  }
  const days = [licence.issuedOn, shanghaiDay(signedAt)];
  const { licenceType, industry } = licence;
  if (!days.every((day) => mayIssue(authority, licenceType, industry, day))) {
    throw notEntitled("the authority may not issue such a licence");
  }
  if (!liesIn(licence, authority.regions)) throw notEntitled("not for that region");
  checkEntitlement(signer, licence);
  return authority;
}

/** Say whether every region code of a licence begins as one of these does; none: no limit. */
function liesIn(licence: Licence, regions: readonly string[]): boolean {
  const codes = licence.regions.filter((code) => code !== undefined);
  return regions.length === 0 || codes.every((code) => regions.some((one) => code.startsWith(one)));
}

/** Hold the licence against what the certificate says its key may sign; an old one says nothing. */
function checkEntitlement(signer: Certificate, licence: Licence): void {
  const extension = signer.extensions.get(oids.EXT_ENTITLEMENT);
  if (extension === undefined) return;
  let parts: [string, string[], string[], string[]];
  try {
    parts = readEntitlement(extension.value);
  } catch {
    throw notEntitled("the entitlement is no DER of ours");
  }
  const [authority, types, industries, regions] = parts;
  const fits =
    licence.issuerCode === authority &&
    types.includes(licence.licenceType) &&
    industries.includes(licence.industry) &&
    // Who leaves the code out would have no limit.
    (regions.length === 0 || licence.regions.every((code) => code !== undefined)) &&
    liesIn(licence, regions);
  if (!fits) throw notEntitled("the certificate does not allow such a licence");
}

function readEntitlement(value: Bytes): [string, string[], string[], string[]] {
  const parts = der.children(value);
  const [name, types, industries, regions] = parts as [Bytes, Bytes, Bytes, Bytes];
  const authority = textOf(name);
  if (parts.length !== 4 || !isAuthority(authority)) throw notEntitled("no entitlement");
  return [authority, texts(types, WORD, 1), texts(industries, WORD, 1), texts(regions, REGION, 0)];
}

function texts(list: Bytes, form: RegExp, least: number): string[] {
  const found = der.children(list).map(textOf);
  const ascends = found.every((one, at) => at === 0 || (found[at - 1] as string) < one);
  if (!ascends || found.length < least || found.length > MAX_ITEMS) throw notEntitled("no list");
  if (!found.every((one) => form.test(one))) throw notEntitled("a word that no licence uses");
  return found;
}

function textOf(element: Bytes): string {
  return fromUtf8(der.value(element, der.UTF8_STRING)) ?? "";
}

function notEntitled(message: string): Refusal {
  return new Refusal("SIGNER_NOT_ENTITLED", message);
}

// ---------------------------------------------------------------- (4) the timestamp

/** Decide whether the token is one that we trust. */
export async function checkTimestamp(
  token: Token,
  data: ValidationData,
  bundle: TrustBundle,
  blockTime: Seconds | undefined,
): Promise<CheckResult> {
  const time: Facts = [["time", momentText(token.time)]];
  try {
    const [path, root] = await trustedPath(token, data, bundle, blockTime);
    if (blockTime !== undefined && token.time > blockTime + MAX_AFTER_BLOCK) {
      throw new Refusal("TIMESTAMP_AFTER_BLOCK", "the timestamp is later than the anchor");
    }
    const [facts, closed] = closedLater(await closedFrom(path, bundle), blockTime !== undefined);
    const isLong = blockTime !== undefined && blockTime - token.time > LONG_GAP;
    const found: Facts = [
      ...time,
      ["tsa_root", root],
      ["policy", token.policy],
      ["certificate_sha256", hex(await sha256(token.certificate))],
      ...facts,
    ];
    return passed("timestamp", TIMESTAMP, found, isLong ? [...closed, "TIMESTAMP_GAP"] : closed);
  } catch (error) {
    const { code, message } = asRefusal(error);
    // Where the path validation says "signer" it means the timestamp; what is unknown stays unknown.
    const isKept = ["SIGNER_REVOCATION_UNKNOWN", "TIMESTAMP_AFTER_BLOCK"].includes(code);
    const told = isKept ? code : "TIMESTAMP_UNTRUSTED";
    return ended("timestamp", told, TIMESTAMP, [...time, ["reason", message]]);
  }
}

async function trustedPath(
  token: Token,
  data: ValidationData,
  bundle: TrustBundle,
  blockTime: Seconds | undefined,
): Promise<[Path, string]> {
  const pool: Bytes[] = [];
  for (const one of [...token.certificates, ...data.certificates]) {
    if (!der.includes(pool, one)) pool.push(one);
  }
  const path = await findPath(token.certificate, pool, bundle.tsaRoots.map((root) => root.certificate));
  const last = (path.at(-1) as Certificate).der;
  const root = bundle.tsaRoots.find((one) => equal(one.certificate, last));
  if (root === undefined || !root.policies.includes(token.policy)) {
    throw new Refusal("TIMESTAMP_UNTRUSTED", "a timestamp policy that is not pinned");
  }
  if (root.testOnly && bundle.environment === "production") {
    throw new Refusal("TIMESTAMP_UNTRUSTED", "a timestamp authority for tests only");
  }
  checkTsa(path[0] as Certificate);
  checkDates(path, token.time);
  // Whoever holds a leaked TSA key can write any time into a token: only the block speaks then.
  await checkNotDistrusted(path, bundle, [token.time, blockTime ?? token.time]);
  await checkNotRevoked(path, data, token.time);
  return [path, root.name];
}
