/**
 * Check a limited copy as far as a phone can: all but the rules of `licence.json`, so never `valid`.
 *
 *     (2) the authority's signature    (5) data: digest      (6) anchor    (3) (4) trust then
 *     (7) status    (8) dates          (9) the holder's certificate        (10) signature, limits
 *
 * Standard: `docs/formats/copy.md`, Judging; `verifier/copies.py`.
 */
import { type Bytes, equal, hex, sha256 } from "./bytes.ts";
import { type CmsParts, parseCms } from "./cms.ts";
import { type LimitedCopy, readCopy, revocationValues, verifyCopy } from "./copy.ts";
import { asRefusal, Refusal } from "./errors.ts";
import { holderCertificate, readsAlike, STANDARD as HOLDER, withClock, withStatus } from "./holder-check.ts";
import { type Licence, readLicence } from "./licence-json.ts";
import { checkAnchor, checkValue, DATA, dataFacts, SIGNATURE } from "./licence-proof.ts";
import type { Memory } from "./memory.ts";
import { licenceLeaf } from "./merkle.ts";
import { makeReport, type ReportJson } from "./report.ts";
import { checkSigner, checkTimestamp, signerPath, signerRefused, TIMESTAMP, type ValidationData } from "./signer-check.ts";
import { askStatus } from "./status-check.ts";
import type { StatusRef } from "./status-list.ts";
import { type Day, momentText, type Seconds, shanghaiDay } from "./time.ts";
import { verifyToken } from "./timestamp.ts";
import type { TrustStore } from "./trust.ts";
import { type Authority, authorityOf, registryOf } from "./trust-types.ts";
import { checkValidity } from "./validity-check.ts";
import { type CheckName, type CheckResult, ended, factOf, type Facts, indeterminate, passed } from "./verdict.ts";
import type { Ask, Outcome } from "./verify-qr.ts";

const COPY = "anzheng-copy/v1";
const NOT_HERE = "NOT_CHECKED_ON_PHONE";
const CLOCK_SKEW = 90;

/** Check a copy; whatever is wrong with it stands in the report. */
export async function verifyCopyFile(
  data: Bytes,
  trust: TrustStore,
  memory: Memory,
  ask: Ask,
): Promise<Outcome> {
  const run = new Run(trust, memory, ask);
  try {
    await run.check(data);
  } catch (error) {
    run.add(indeterminate("signature", "INTERNAL", SIGNATURE, [["reason", asRefusal(error).message]]));
  }
  return { report: await run.report(data), memory: run.memory };
}

interface Proof {
  copy: LimitedCopy;
  licence: Licence;
  leaf: Bytes;
  authority: Authority;
  moments: readonly Seconds[];
}

class Run {
  private readonly results = new Map<CheckName, CheckResult>();
  private readonly on: Day;
  private leaf: Bytes | undefined;
  private licence: Licence | undefined;

  constructor(
    private readonly trust: TrustStore,
    public memory: Memory,
    private readonly ask: Ask,
  ) {
    this.on = ask.on ?? shanghaiDay(ask.now);
  }

  add(result: CheckResult): void {
    this.results.set(result.name, result);
  }

  async check(data: Bytes): Promise<void> {
    let copy: LimitedCopy;
    try {
      copy = readCopy(data);
    } catch (error) {
      this.refuse("copy", COPY, error);
      return;
    }
    if (!this.isOurs(copy)) {
      this.refuse("data", DATA, new Refusal("NOT_A_LICENCE", "a copy of no licence known here"));
      return;
    }
    const parts = await this.signature(copy);
    const proof = parts && (await this.proofs(copy, parts));
    if (proof !== undefined) await this.inForce(proof);
  }

  private refuse(name: CheckName, standard: string, error: unknown, facts: Facts = []): void {
    const { code, message } = asRefusal(error);
    this.add(ended(name, code, standard, [...facts, ["reason", message]]));
  }

  /** A copy that claims to be of a registry that we know is ours, or forged. */
  private isOurs(copy: LimitedCopy): boolean {
    try {
      return registryOf(this.trust.bundle, readLicence(copy.licenceJson).registry) !== undefined;
    } catch (error) {
      return asRefusal(error).code !== "SCHEMA_UNKNOWN";
    }
  }

  // -------------------------------------------------------------- (2)

  private async signature(copy: LimitedCopy): Promise<CmsParts | undefined> {
    try {
      const parts = await parseCms(copy.cms);
      if (parts.evidence !== undefined) {
        throw new Refusal("COPY_SYNTAX", "the evidence stands beside the signature, not in it");
      }
      await checkValue(parts);
      this.leaf = await licenceLeaf(parts.messageDigest, parts);
      revocationValues(parts.timestampToken ?? new Uint8Array());
      this.add(
        passed("signature", SIGNATURE, [
          ["algorithm", parts.algorithm.name],
          ["byte_range_sha256", hex(parts.messageDigest)],
        ]),
      );
      return parts;
    } catch (error) {
      this.leaf = undefined;
      this.refuse("signature", SIGNATURE, error);
      return undefined;
    }
  }

  // -------------------------------------------------------------- (3) to (6)

  private async proofs(copy: LimitedCopy, parts: CmsParts): Promise<Proof | undefined> {
    const { bundle } = this.trust;
    const leaf = this.leaf as Bytes;
    const token = parts.timestampToken as Bytes;
    const data: ValidationData = {
      certificates: [...parts.certificates, ...copy.chain],
      ...revocationValues(token),
    };
    let path: Awaited<ReturnType<typeof signerPath>>;
    try {
      path = await signerPath(parts, bundle);
    } catch (error) {
      this.add(signerRefused(error));
      return undefined;
    }
    const stamp = await verifyToken(token, parts.signature, data.certificates).catch((error) => {
      this.refuse("timestamp", TIMESTAMP, error);
      return undefined;
    });
    const licence = await this.data(copy, parts);
    if (stamp === undefined || licence === undefined) return undefined;
    const evidence = [["copy", copy.evidence]] as const;
    const [anchor, found] = await checkAnchor(leaf, licence, bundle, evidence, stamp.time, this.ask.now);
    this.add(anchor);
    const blockTime = found?.record.blockTime;
    this.add(await checkTimestamp(stamp, data, bundle, blockTime));
    const moments = blockTime === undefined ? [stamp.time] : [stamp.time, blockTime];
    const signer = await checkSigner(path, parts, data, licence, bundle, moments);
    this.add(signer);
    if (signer.state === "passed") this.licence = licence;
    const authority = authorityOf(bundle, licence.issuerCode);
    return authority && { copy, licence, leaf, authority, moments };
  }

  /** Read the data by its signed digest; that it keeps every rule of licences, a phone does not check. */
  private async data(copy: LimitedCopy, parts: CmsParts): Promise<Licence | undefined> {
    const { bundle } = this.trust;
    try {
      if (!equal(await sha256(copy.licenceJson), parts.licenceDigest)) {
        throw new Refusal("DATA_DIGEST_MISMATCH", "another licence.json was signed");
      }
      const licence = readLicence(copy.licenceJson);
      if (licence.environment !== bundle.environment) {
        throw new Refusal("ENVIRONMENT_MISMATCH", "a test licence in production, or the reverse");
      }
      const facts: Facts = [...dataFacts(licence, parts.licenceDigest), ["page_seen", false]];
      this.add(indeterminate("data", NOT_HERE, DATA, facts));
      return licence;
    } catch (error) {
      this.refuse("data", DATA, error);
      return undefined;
    }
  }

  // -------------------------------------------------------------- (7) to (10)

  private async inForce(proof: Proof): Promise<void> {
    const { licence, authority, leaf, copy } = proof;
    const { now } = this.ask;
    const ref = { registry: licence.registry, index: licence.index };
    const status = await this.status(ref, proof, this.on);
    this.add(status);
    this.add(checkValidity(licence, this.on, now, status));
    const { bundle } = this.trust;
    const { registry, uscc } = licence;
    try {
      const holding = { leaf, registry, uscc, authority, bundle, now };
      const [certificate, own] = await holderCertificate(copy.certificates, holding);
      const found = passed("holder", HOLDER, [
        ["certificate_sha256", hex(await sha256(certificate.der))],
        ["status_index", own.index],
      ]);
      // That the copy was made before the key was closed, nobody proves: its status is today's.
      this.add(withStatus(found, await this.status(own, proof, shanghaiDay(now))));
      this.add(withClock(await this.limits(copy, certificate.spki), status));
    } catch (error) {
      this.refuse("holder", HOLDER, error);
      this.add(withClock(this.results.get("holder") as CheckResult, status));
    }
  }

  private async status(ref: StatusRef, proof: Proof, on: Day): Promise<CheckResult> {
    const { now, policy, newestClock } = this.ask;
    const asked = { now, on, acceptStaleHours: policy.acceptStaleHours, newestClock };
    const { authority, moments } = proof;
    const [result, memory] = await askStatus(this.trust, this.memory, asked, ref, authority, moments);
    this.memory = memory;
    return result;
  }

  private async limits(copy: LimitedCopy, spki: Bytes): Promise<CheckResult> {
    const { now, recipient, purpose } = this.ask;
    let facts: Facts = [];
    try {
      await verifyCopy(copy, spki);
      facts = [
        ["copy_no", copy.copyNo],
        ["recipient", copy.recipient],
        ["purpose", copy.purpose],
        ["made_at", momentText(copy.madeAt)],
        ["ends_on", copy.endsOn],
      ];
      if (copy.madeAt > now + CLOCK_SKEW) throw new Refusal("HOLDER_TIME", "made in the future");
      if (this.on > copy.endsOn) throw new Refusal("COPY_EXPIRED", "the copy is past its last day");
      if (recipient !== undefined && !readsAlike(recipient, copy.recipient)) {
        throw new Refusal("COPY_RECIPIENT", "the copy was made for another recipient");
      }
      if (purpose !== undefined && !readsAlike(purpose, copy.purpose)) {
        throw new Refusal("COPY_PURPOSE", "the copy was made for another purpose");
      }
      return passed("copy", COPY, [
        ...facts,
        ["recipient_compared", recipient !== undefined],
        ["purpose_compared", purpose !== undefined],
      ]);
    } catch (error) {
      const { code, message } = asRefusal(error);
      return ended("copy", code, COPY, [...facts, ["reason", message]]);
    }
  }

  async report(data: Bytes): Promise<ReportJson> {
    const { leaf, licence, trust, ask } = this;
    const asOf = factOf(this.results.get("status"), "list_issued_at");
    return makeReport({
      checks: this.results,
      assurance: "data",
      alsoRequired: [],
      facts: asOf === undefined ? [] : [["status_as_of", asOf]],
      policy: [
        ["name", ask.policy.name],
        ["accept_stale_hours", ask.policy.acceptStaleHours],
        ["online", false],
      ],
      now: ask.now,
      on: this.on,
      environment: trust.bundle.environment,
      bundleVersion: trust.bundle.version,
      fileSha256: hex(await sha256(data)),
      ...(leaf === undefined ? {} : { leaf: hex(leaf) }),
      ...(licence === undefined ? {} : { licence: licence.json }),
    });
  }
}
