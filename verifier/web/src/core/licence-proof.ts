/**
 * What a licence file and a limited copy prove alike: the authority's signature value, the anchor.
 *
 * Standard: `verifier/checks/{c02_signature,c06_anchor}.py`.
 */
import { type Bytes, hex } from "./bytes.ts";
import { type CmsParts, signedAttributes } from "./cms.ts";
import { asRefusal, type Code, Refusal } from "./errors.ts";
import { type Anchored, blockFact, judgeEvidence } from "./evidence.ts";
import type { Licence } from "./licence-json.ts";
import { shortCodeOf } from "./short-code.ts";
import { type Scheme, verifies } from "./signatures.ts";
import { momentText, type Seconds } from "./time.ts";
import type { TrustBundle } from "./trust-types.ts";
import { type CheckResult, ended, type Facts, passed } from "./verdict.ts";
import { loadCertificate } from "./x509.ts";

export const SIGNATURE = "RFC 5652 5.6, ETSI EN 319 142-1";
export const DATA = "RFC 8785";
const ANCHOR = "RFC 9162 2.1.3, C2SP tlog-checkpoint";
const PENDING_TIME = 72 * 3600;
const SPOILT: readonly Code[] = [
  "ANCHOR_PROOF_MISMATCH",
  "ANCHOR_WITNESS",
  "ANCHOR_CHAIN_MISMATCH",
  "BLOCK_SEALS",
  "VALIDATORS_NOT_PINNED",
  "EVIDENCE_TYPE_UNSUPPORTED",
];

/** Verify the signature value over the signed attributes: SIGNATURE_BROKEN, ALGORITHM_UNSUPPORTED. */
export async function checkValue(parts: CmsParts): Promise<void> {
  const { algorithm } = parts;
  const { key } = loadCertificate(parts.signerCertificate);
  if (key?.kind !== "rsa" || key.bits !== algorithm.bits) {
    throw new Refusal("ALGORITHM_UNSUPPORTED", "not a key for this algorithm");
  }
  const scheme: Scheme = { kind: "rsa", hash: "SHA-256", pssSalt: algorithm.pssSalt };
  const attributes = await signedAttributes(parts);
  if (!(await verifies(key, scheme, "SHA-256", attributes, parts.signature))) {
    throw new Refusal("SIGNATURE_BROKEN", "the signature value is wrong");
  }
}

/** Judge evidence from several places in turn; the first that holds decides. */
export async function checkAnchor(
  leaf: Bytes,
  licence: Licence,
  bundle: TrustBundle,
  candidates: readonly (readonly [string, Bytes | undefined])[],
  signedAt: Seconds,
  now: Seconds,
): Promise<[CheckResult, Anchored | undefined]> {
  let refused: Code | undefined;
  for (const [source, data] of candidates) {
    if (data === undefined) continue;
    try {
      const found = await judgeEvidence(data, leaf, licence.registry, licence.issuerCode, bundle);
      return [passed("anchor", ANCHOR, anchorFacts(found, source), refused ? [refused] : []), found];
    } catch (error) {
      refused = asRefusal(error).code;
    }
  }
  return [ended("anchor", notAnchored(refused, signedAt, now), ANCHOR, []), undefined];
}

/** Return what a person compares with what is in hand. */
export function dataFacts(licence: Licence, digest: Bytes): Facts {
  return [
    ["licence_no", licence.licenceNo],
    ["enterprise_name", licence.enterpriseName],
    ["uscc", licence.uscc],
    ["version", licence.version],
    ["licence_json_sha256", hex(digest)],
    ["short_code", shortCodeOf(digest)],
  ];
}

function notAnchored(refused: Code | undefined, signedAt: Seconds, now: Seconds): Code {
  if (refused !== undefined) return SPOILT.includes(refused) ? refused : "ANCHOR_PROOF_MISMATCH";
  return now - signedAt < PENDING_TIME ? "ANCHOR_PENDING" : "ANCHOR_ABSENT";
}

function anchorFacts(found: Anchored, source: string): Facts {
  const { record, witnesses, seals } = found;
  return [
    ["source", source],
    ["chain_id", Number(record.chainId)],
    ["contract", blockFact(record.contract)],
    ["block_number", Number(record.blockNumber)],
    ["block_hash", blockFact(record.blockHash)],
    ["block_time", momentText(record.blockTime)],
    ["sequence", Number(record.sequence)],
    ["batch_size", record.size],
    ["witnesses", witnesses.join(", ")],
    ...(seals > 0 ? ([["seals", seals]] as const) : []),
  ];
}
