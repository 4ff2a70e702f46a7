/**
 * Check a QR text: printed data code, screen code, or the answer to our question.
 *
 *     (2) signature of the data code      (7) status      (8) dates      (9) holder
 *
 * Standard: `docs/formats/qr.md`, Judging; DESIGN 4.
 */
import { equal, hex, sha256Hex, utf8 } from "./bytes.ts";
import { asRefusal, Refusal } from "./errors.ts";
import { checkAnswer, checkScreen, notAnswered, type HolderQuestion, withClock, withStatus } from "./holder-check.ts";
import { type Memory, sawTime } from "./memory.ts";
import {
  type Answer,
  type Printed,
  type Question,
  readAnswer,
  type ReadPrinted,
  readPrinted,
  readScreen,
  type Screen,
  verifyPrinted,
} from "./qr.ts";
import { type QrKind, readText } from "./qr-text.ts";
import { makeReport, type ReportJson } from "./report.ts";
import { shortCodeOf } from "./short-code.ts";
import { askStatus, CLOCK_SKEW } from "./status-check.ts";
import { isBelievedAt } from "./status-list.ts";
import { type Day, momentText, type Seconds, shanghaiDay } from "./time.ts";
import type { TrustStore } from "./trust.ts";
import { type Authority, authorityOf, mayIssue, registryOf } from "./trust-types.ts";
import { checkValidity } from "./validity-check.ts";
import {
  type Assurance,
  type CheckName,
  type CheckResult,
  ended,
  factOf,
  type Facts,
  passed,
} from "./verdict.ts";

const STANDARD = "RFC 9052 4.2, RFC 9053 2.1";

export interface Policy {
  name: string;
  acceptStaleHours: number;
}

export const STRICT: Policy = { name: "default", acceptStaleHours: 0 };
export const INSPECTOR: Policy = { name: "inspector", acceptStaleHours: 72 };

/** What is asked, and how strictly. */
export interface Ask {
  now: Seconds;
  policy: Policy;
  on?: Day;
  challenge?: string;
  purpose?: string;
  /** Whom a copy must have been made for. */
  recipient?: string;
  question?: Question;
  /** Newest time that this phone's clock ever showed. */
  newestClock?: Seconds;
}

export interface Outcome {
  report: ReportJson;
  memory: Memory;
}

/** Check a text; whatever is wrong with it stands in the report, nothing is raised for it. */
export async function verifyQr(
  text: string,
  trust: TrustStore,
  memory: Memory,
  ask: Ask,
): Promise<Outcome> {
  const run = new Run(trust, memory, ask);
  try {
    await run.check(text);
  } catch (error) {
    const { code, message } = asRefusal(error);
    run.add(ended("signature", code, STANDARD, [["reason", message.slice(0, 200)]]));
  }
  return { report: await run.report(text), memory: run.memory };
}

interface Shown {
  kind: QrKind;
  printed: ReadPrinted;
  screen?: Screen;
  answer?: Answer;
}

class Run {
  private readonly results = new Map<CheckName, CheckResult>();
  private readonly on: Day;
  private said: Printed | undefined;
  private assurance: Assurance = "print";

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

  async check(text: string): Promise<void> {
    // (2) the data code, alone or from the holder's card
    const shown = this.read(text);
    const authority = await this.signature(shown.printed);
    if (authority === undefined) return;
    const { said } = shown.printed;
    this.said = said;
    // (7), (8) in force
    const asked = this.asked(this.on);
    const ref = { registry: said.registry, index: said.index };
    const [status, memory] = await askStatus(
      this.trust,
      this.memory,
      asked,
      ref,
      authority,
      [said.issuedAt],
    );
    this.memory = memory;
    this.add(status);
    this.add(checkValidity(said, this.on, this.ask.now, status));
    // (9) held by whom
    const { challenge, question } = this.ask;
    if (shown.kind !== "P1") await this.holder(shown, authority, status);
    // A code on paper can be copied: it is no answer to what was asked of a holder.
    else if (challenge !== undefined || question !== undefined) this.add(notAnswered());
  }

  private read(text: string): Shown {
    const { kind, data } = readText(text);
    if (kind === "Q1") throw new Refusal("NOT_A_LICENCE", "a question of a verifier, not a licence");
    if (kind === "P1") return { kind, printed: readPrinted(data) };
    if (kind === "S1") {
      const screen = readScreen(data);
      this.assurance = "presenter";
      return { kind, screen, printed: readPrinted(screen.card.printed) };
    }
    const answer = readAnswer(data);
    this.assurance = "presenter";
    return { kind, answer, printed: readPrinted(answer.card.printed) };
  }

  private async signature(found: ReadPrinted): Promise<Authority | undefined> {
    const { said } = found;
    try {
      const authority = await this.believed(found);
      this.add(
        passed("signature", STANDARD, [
          ["authority", authority.name],
          ["key_id", hex(found.kid)],
          ["code_issued_at", momentText(said.issuedAt)],
          ["licence_json_sha256", hex(said.licenceDigest)],
        ]),
      );
      if (said.issuedAt <= this.ask.now + CLOCK_SKEW) this.memory = sawTime(this.memory, said.issuedAt);
      return authority;
    } catch (error) {
      const { code, message } = asRefusal(error);
      this.add(ended("signature", code, STANDARD, [["reason", message]]));
      return undefined;
    }
  }

  /** Return the authority that signed a data code, or refuse it, in the order of the format. */
  private async believed(found: ReadPrinted): Promise<Authority> {
    const { said } = found;
    const { bundle, metadataExpiresAt } = this.trust;
    if (registryOf(bundle, said.registry) === undefined) {
      throw new Refusal("REGISTRY_UNKNOWN", "the trust bundle has no such registry");
    }
    const authority = authorityOf(bundle, said.authority);
    const key = authority?.qrKeys.find((one) => equal(one.kid, found.kid));
    if (authority === undefined || key === undefined) {
      // The key may be newer than the bundle.
      const isOld = this.ask.now > metadataExpiresAt;
      throw new Refusal(
        isOld ? "TRUST_BUNDLE_OLD" : "SIGNER_UNTRUSTED",
        "no key of the authority that the code names",
      );
    }
    if (!isBelievedAt(key, said.issuedAt)) {
      throw new Refusal("SIGNER_DISTRUSTED", "the key was not in use when this was signed");
    }
    await verifyPrinted(found, key);
    if (!mayIssue(authority, said.licenceType, said.industry, said.issuedOn)) {
      throw new Refusal("SIGNER_NOT_ENTITLED", "the authority may not issue such a licence");
    }
    if (said.environment !== bundle.environment) {
      throw new Refusal("ENVIRONMENT_MISMATCH", "a test licence in production, or the other way round");
    }
    return authority;
  }

  private async holder(shown: Shown, authority: Authority, status: CheckResult): Promise<void> {
    const { said } = shown.printed;
    const question: HolderQuestion = {
      printed: said,
      authority,
      bundle: this.trust.bundle,
      now: this.ask.now,
      challenge: this.ask.challenge,
      purpose: this.ask.purpose,
      question: this.ask.question,
    };
    let [result, own] =
      shown.screen === undefined
        ? await checkAnswer(shown.answer as Answer, question)
        : await checkScreen(shown.screen, question);
    if (own !== undefined) {
      // The key is asked about as of today: a presentation is made now, whatever `on` is.
      const today = this.asked(shanghaiDay(this.ask.now));
      const [ownStatus, memory] = await askStatus(
        this.trust,
        this.memory,
        today,
        own,
        authority,
        [said.issuedAt],
      );
      this.memory = memory;
      result = withStatus(result, ownStatus);
    }
    this.add(withClock(result, status));
  }

  private asked(on: Day) {
    const { now, policy, newestClock } = this.ask;
    return { now, on, acceptStaleHours: policy.acceptStaleHours, newestClock };
  }

  async report(text: string): Promise<ReportJson> {
    return makeReport({
      checks: this.results,
      assurance: this.assurance,
      alsoRequired: [],
      facts: this.facts(),
      policy: [
        ["name", this.ask.policy.name],
        ["accept_stale_hours", this.ask.policy.acceptStaleHours],
        ["online", false],
      ],
      now: this.ask.now,
      on: this.on,
      environment: this.trust.bundle.environment,
      bundleVersion: this.trust.bundle.version,
      fileSha256: await sha256Hex(utf8(text)),
      ...(this.said === undefined ? {} : { leaf: hex(this.said.leaf) }),
    });
  }

  /** Collect what somebody compares with the paper, once the authority's signature proved it. */
  private facts(): Facts {
    const { said } = this;
    const issuer = factOf(this.results.get("signature"), "authority");
    if (said === undefined || issuer === undefined) return [];
    const asOf = factOf(this.results.get("status"), "list_issued_at");
    return [
      ["licence_no", said.licenceNo],
      ["enterprise_name", said.enterpriseName],
      ["uscc", said.uscc],
      ["issuer", issuer],
      ["licence_type", said.licenceType],
      ["scope", said.scope],
      ["issued_on", said.issuedOn],
      ["valid_from", said.validFrom],
      ["valid_to", said.validTo],
      ["kind", said.kind],
      ["version", said.version],
      ["short_code", shortCodeOf(said.licenceDigest)],
      ...(asOf === undefined ? [] : ([["status_as_of", asOf]] as const)),
    ];
  }
}

