/**
 * Check a licence file as far as a phone can: bytes, signature, signer, timestamp, data, anchor,
 * status, dates. What stays open (the objects of the file, the text of its pages, a second opinion) is
 * said: the verdict is never `valid` here.
 *
 *     (1) container: byte gate     (2) signature     (3) signer: path     streams of the signed bytes
 *     (5) licence.json by its signed digest          (4) token            (6) anchor: file
 *     (3) (4) trust at the proved times              (7) status           (8) dates
 *
 * Standard: DESIGN 4; the order is that of `verifier/verify.py`.
 */
import { type Bytes, equal, hex, indexOf, sha256, utf8 } from "./bytes.ts";
import type { Path } from "./chain.ts";
import { type CmsParts, parseCms } from "./cms.ts";
import { asRefusal, Refusal } from "./errors.ts";
import type { Anchored } from "./evidence.ts";
import { type Container, intactPrefix, readContainer } from "./hole.ts";
import { type Licence, readLicence } from "./licence-json.ts";
import { checkAnchor, checkValue, DATA, dataFacts, SIGNATURE } from "./licence-proof.ts";
import type { Memory } from "./memory.ts";
import { sawTime } from "./memory.ts";
import { licenceLeaf } from "./merkle.ts";
import { isOurs } from "./ours.ts";
import { makeReport, type ReportJson } from "./report.ts";
import { kindOf } from "./revocation.ts";
import { checkSigner, checkTimestamp, signerPath, signerRefused, TIMESTAMP, type ValidationData } from "./signer-check.ts";
import { askStatus } from "./status-check.ts";
import { streams } from "./streams.ts";
import { type Seconds, shanghaiDay } from "./time.ts";
import { type Token, verifyToken } from "./timestamp.ts";
import type { TrustStore } from "./trust.ts";
import { authorityOf, registryOf } from "./trust-types.ts";
import { checkValidity } from "./validity-check.ts";
import { type CheckName, type CheckResult, ended, factOf, type Facts, failed, indeterminate, passed } from "./verdict.ts";
import type { Ask, Outcome } from "./verify-qr.ts";

const CONTAINER = "ISO 32000-1 12.8.1";
/** What a phone leaves to the service and the command line. */
const NOT_HERE = "NOT_CHECKED_ON_PHONE";
const INTEGRITY: readonly CheckName[] = ["signature", "signer", "timestamp"];

/** Check a file; whatever is wrong with it stands in the report, nothing is raised for it. */
export async function verifyPdf(
  pdf: Bytes,
  trust: TrustStore,
  memory: Memory,
  ask: Ask,
  sidecar?: Bytes,
): Promise<Outcome> {
  const run = new Run(pdf, trust, memory, ask, sidecar);
  try {
    await run.check();
  } catch (error) {
    run.add(indeterminate("container", "INTERNAL", CONTAINER, [["reason", asRefusal(error).message]]));
  }
  return { report: await run.report(), memory: run.memory };
}

class Run {
  private readonly results = new Map<CheckName, CheckResult>();
  private readonly on: string;
  private leaf: Bytes | undefined;
  private licence: Licence | undefined;

  constructor(
    private readonly pdf: Bytes,
    private readonly trust: TrustStore,
    public memory: Memory,
    private readonly ask: Ask,
    private readonly sidecar: Bytes | undefined,
  ) {
    this.on = ask.on ?? shanghaiDay(ask.now);
  }

  add(result: CheckResult): void {
    this.results.set(result.name, result);
  }

  async check(): Promise<void> {
    const { bundle } = this.trust;
    if (isReport(this.pdf)) {
      this.add(indeterminate("container", NOT_HERE, CONTAINER, [["artefact", "report"]]));
      return;
    }
    // (1), (2), (3): bytes, signature, and the path, before anything of the file is unpacked.
    const container = await this.container();
    const parts = container && (await this.signature(container));
    const path = parts && (await this.path(parts));
    if (container === undefined || parts === undefined || path === undefined) {
      this.tellForeign();
      return;
    }
    // (5), (4): data and token
    const found = await read(this.pdf, parts);
    const token = await this.token(parts, found);
    const licence = this.data(found);
    if (token === undefined || licence === undefined) return;
    this.leaf = await licenceLeaf(container.digest, parts);
    // (6), then (3) and (4) at the times that are proved
    const anchored = await this.anchor(this.leaf, licence, parts, token);
    const blockTime = anchored?.record.blockTime;
    this.add(await checkTimestamp(token, found, bundle, blockTime));
    const moments = blockTime === undefined ? [token.time] : [token.time, blockTime];
    this.add(await checkSigner(path, parts, found, licence, bundle, moments));
    // (7), (8)
    await this.inForce(licence, moments);
    if (INTEGRITY.every((name) => this.results.get(name)?.state === "passed")) {
      this.memory = sawTime(this.memory, Math.max(...moments));
    }
  }

  // -------------------------------------------------------------- (1) (2) (3)

  private async container(): Promise<Container | undefined> {
    try {
      const found = await readContainer(this.pdf);
      const { length } = this.pdf;
      this.add(
        indeterminate("container", NOT_HERE, CONTAINER, [
          ["file_bytes", length],
          ["signed_bytes", length - (found.end - found.start)],
        ]),
      );
      return found;
    } catch (error) {
      const { code, message } = asRefusal(error);
      const original = code === "CONTAINER_APPENDED" ? await intactPrefix(this.pdf) : undefined;
      const facts: Facts =
        original === undefined
          ? []
          : [
              ["original_bytes", original.length],
              ["original_sha256", hex(await sha256(original))],
            ];
      this.add(ended("container", code, CONTAINER, [...facts, ["reason", message]]));
      return undefined;
    }
  }

  private async signature(container: Container): Promise<CmsParts | undefined> {
    try {
      const parts = await verifiedCms(container);
      this.add(
        passed("signature", SIGNATURE, [
          ["algorithm", parts.algorithm.name],
          ["byte_range_sha256", hex(container.digest)],
        ]),
      );
      return parts;
    } catch (error) {
      const { code, message } = asRefusal(error);
      this.add(ended("signature", code, SIGNATURE, [["reason", message]]));
      return undefined;
    }
  }

  private async path(parts: CmsParts): Promise<Path | undefined> {
    try {
      return await signerPath(parts, this.trust.bundle);
    } catch (error) {
      this.add(signerRefused(error));
      return undefined;
    }
  }

  /** Say "not ours" of a file that does not claim to be; all others are forgeries. */
  private tellForeign(): void {
    if (isOurs(this.pdf, this.trust.bundle)) return;
    this.results.clear();
    this.add(failed("container", "NOT_A_LICENCE", CONTAINER, []));
  }

  // -------------------------------------------------------------- (4) (5)

  private async token(parts: CmsParts, found: Found): Promise<Token | undefined> {
    try {
      if (parts.timestampToken === undefined) {
        throw new Refusal("TIMESTAMP_MISSING", "the signature has no timestamp");
      }
      return await verifyToken(parts.timestampToken, parts.signature, found.certificates);
    } catch (error) {
      const { code, message } = asRefusal(error);
      this.add(ended("timestamp", code, TIMESTAMP, [["reason", message]]));
      return undefined;
    }
  }

  /** Read the licence; whether the page shows it, a phone cannot say. */
  private data(found: Found): Licence | undefined {
    const { bundle } = this.trust;
    if (found.licenceJson === undefined) {
      this.add(indeterminate("data", NOT_HERE, DATA, [["reason", "licence.json was not found"]]));
      return undefined;
    }
    try {
      const licence = readLicence(found.licenceJson);
      if (registryOf(bundle, licence.registry) === undefined) {
        throw new Refusal("REGISTRY_UNKNOWN", "the trust bundle has no such registry");
      }
      if (licence.environment !== bundle.environment) {
        throw new Refusal("ENVIRONMENT_MISMATCH", "a test licence in production, or the reverse");
      }
      this.licence = licence;
      this.add(
        indeterminate("data", NOT_HERE, DATA, dataFacts(licence, found.licenceDigest)),
      );
      return licence;
    } catch (error) {
      const { code, message } = asRefusal(error);
      this.add(ended("data", code, DATA, [["reason", message]]));
      return undefined;
    }
  }

  // -------------------------------------------------------------- (6)

  private async anchor(
    leaf: Bytes,
    licence: Licence,
    parts: CmsParts,
    token: Token,
  ): Promise<Anchored | undefined> {
    const candidates = [
      ["file", parts.evidence],
      ["sidecar", this.sidecar],
    ] as const;
    const { bundle } = this.trust;
    const [result, found] = await checkAnchor(leaf, licence, bundle, candidates, token.time, this.ask.now);
    this.add(result);
    return found;
  }

  // -------------------------------------------------------------- (7) (8)

  private async inForce(licence: Licence, moments: readonly Seconds[]): Promise<void> {
    const authority = authorityOf(this.trust.bundle, licence.issuerCode);
    if (authority === undefined) return;
    const { now, policy, newestClock } = this.ask;
    const asked = { now, on: this.on, acceptStaleHours: policy.acceptStaleHours, newestClock };
    const ref = { registry: licence.registry, index: licence.index };
    const [status, memory] = await askStatus(this.trust, this.memory, asked, ref, authority, moments);
    this.memory = memory;
    this.add(status);
    this.add(checkValidity(licence, this.on, now, status));
  }

  async report(): Promise<ReportJson> {
    const { licence, leaf } = this;
    const isSigned = this.results.get("signer")?.state === "passed";
    return makeReport({
      checks: this.results,
      assurance: "full",
      alsoRequired: ["referee"],
      facts: this.facts(),
      policy: [
        ["name", this.ask.policy.name],
        ["accept_stale_hours", this.ask.policy.acceptStaleHours],
        ["referee", "never"],
        ["online", false],
      ],
      now: this.ask.now,
      on: this.on,
      environment: this.trust.bundle.environment,
      bundleVersion: this.trust.bundle.version,
      fileSha256: hex(await sha256(this.pdf)),
      ...(leaf === undefined ? {} : { leaf: hex(leaf) }),
      // Data is shown as a licence only when its authority has proved to be the signer.
      ...(isSigned && licence !== undefined ? { licence: licence.json } : {}),
    });
  }

  private facts(): Facts {
    const wanted = [
      ["issuer", "signer", "authority"],
      ["signed_at", "timestamp", "time"],
      ["anchored_at", "anchor", "block_time"],
      ["status_as_of", "status", "list_issued_at"],
    ] as const;
    return wanted.flatMap(([key, check, fact]) => {
      const value = factOf(this.results.get(check), fact);
      return value === undefined || value === null ? [] : [[key, value] as const];
    });
  }
}

/** Verify the signature value over the signed attributes and the bytes of the file. */
async function verifiedCms(container: Container): Promise<CmsParts> {
  const parts = await parseCms(container.cms);
  if (!equal(parts.messageDigest, container.digest)) {
    throw new Refusal("SIGNATURE_BROKEN", "the file was changed after it was signed");
  }
  await checkValue(parts);
  return parts;
}

const PDF_MAGIC = utf8("%PDF-");
const REPORT_MARK = utf8("anzheng-verification-report");
const MAGIC_WIDTH = 1_024;

/** Say whether this is a verification report: genuine perhaps, and no licence file. */
function isReport(data: Bytes): boolean {
  const isPdf = indexOf(data.subarray(0, MAGIC_WIDTH), PDF_MAGIC) >= 0;
  return isPdf && indexOf(data, REPORT_MARK) >= 0;
}

interface Found extends ValidationData {
  licenceJson: Bytes | undefined;
  licenceDigest: Bytes;
}

/** Find in the signed bytes what the signature names by digest, certificates, CRLs and OCSP answers. */
async function read(pdf: Bytes, parts: CmsParts): Promise<Found> {
  const found = { certificate: [] as Bytes[], crl: [] as Bytes[], ocsp: [] as Bytes[] };
  let licenceJson: Bytes | undefined;
  for (const stream of streams(pdf)) {
    if (stream[0] === 0x7b && equal(await sha256(stream), parts.licenceDigest)) licenceJson = stream;
    const kind = stream[0] === 0x30 ? kindOf(stream) : undefined;
    if (kind !== undefined) found[kind].push(stream);
  }
  return {
    certificates: found.certificate,
    crls: found.crl,
    ocsps: found.ocsp,
    licenceJson,
    licenceDigest: parts.licenceDigest,
  };
}
