/**
 * Check 9 for codes: whoever shows a code holds the key of the licence's own certificate, now.
 *
 * Standard: RFC 5280, 6.1; `docs/formats/qr.md`, Judging, holder.
 */
import { type Bytes, equal, hex, sha256 } from "./bytes.ts";
import { isRegistry } from "./cbor.ts";
import { checkDates, checkPolicy, closedFrom, findPath } from "./chain.ts";
import * as der from "./der.ts";
import { asRefusal, Refusal } from "./errors.ts";
import * as oids from "./oids.ts";
import { type Answer, type Printed, type Question, questionDigest, type Screen, STEP_SECONDS, verifyHolder } from "./qr.ts";
import type { StatusRef } from "./status-list.ts";
import { momentText, type Seconds } from "./time.ts";
import type { Authority, TrustBundle } from "./trust-types.ts";
import { type CheckResult, ended, type Fact, type Facts, indeterminate, passed } from "./verdict.ts";
import { type Certificate, keyUsage, organisationIdentifier } from "./x509.ts";

export const STANDARD = "RFC 5280 6.1";
/** How far the clocks of holder and verifier may differ, in seconds. */
const TOLERANCE = 90;
const MAX_INDEX = 2n ** 32n - 1n;

/** What a holder's certificate must fit. */
export interface Holding {
  leaf: Bytes;
  registry: string;
  uscc: string;
  authority: Authority;
  bundle: TrustBundle;
  now: Seconds;
}

export interface HolderQuestion {
  printed: Printed;
  authority: Authority;
  bundle: TrustBundle;
  now: Seconds;
  /** The four digits that we spoke. */
  challenge: string | undefined;
  /** The purpose that we demand of a screen code. */
  purpose: string | undefined;
  /** Our own open question, for an answer. */
  question: Question | undefined;
}

class Told extends Refusal {
  constructor(
    code: string,
    message: string,
    readonly facts: Facts,
  ) {
    super(code, message);
  }
}

/** Say whether two texts are the same but for how they were typed: width, form, outer blanks. */
export function readsAlike(one: string, other: string): boolean {
  return one.normalize("NFKC").trim() === other.normalize("NFKC").trim();
}

/** Return check 9 for what does not answer, though a holder was asked. */
export function notAnswered(): CheckResult {
  const reason = "a holder was asked, and this answers nothing";
  return ended("holder", "HOLDER_PROOF_MISSING", STANDARD, [["reason", reason]]);
}

/** Verify a screen code; the status of the certificate still has to be asked. */
export async function checkScreen(
  screen: Screen,
  asked: HolderQuestion,
): Promise<[CheckResult, StatusRef | undefined]> {
  return judged(screen.card.certificate, asked, async (certificate) => {
    await verifyHolder(screen, "screen", certificate.spki);
    if (asked.question !== undefined) {
      throw new Refusal("HOLDER_PROOF_MISSING", "a screen code answers no question");
    }
    const fast = checkStep(screen.step, asked.now);
    if (asked.challenge !== undefined && screen.challenge !== asked.challenge) {
      throw new Refusal("HOLDER_NONCE", "not the challenge that was spoken");
    }
    if (asked.purpose !== undefined && !readsAlike(asked.purpose, screen.purpose)) {
      throw new Refusal("HOLDER_AUDIENCE", "the code was made for another purpose");
    }
    return [
      ["shown_at", momentText(screen.step * STEP_SECONDS)],
      ["clock_fast_seconds", fast],
      ["purpose", screen.purpose],
      ["challenge_checked", asked.challenge !== undefined],
    ];
  });
}

/** Verify the answer to our question; HOLDER_PROOF_MISSING when none is open. */
export async function checkAnswer(
  answer: Answer,
  asked: HolderQuestion,
): Promise<[CheckResult, StatusRef | undefined]> {
  return judged(answer.card.certificate, asked, async (certificate) => {
    await verifyHolder(answer, "answer", certificate.spki);
    const { question } = asked;
    if (question === undefined) {
      throw new Refusal("HOLDER_PROOF_MISSING", "this verifier has no question open");
    }
    await fitsQuestion(answer, question, asked.now);
    return [
      ["presented_at", momentText(answer.presentedAt)],
      ["audience", question.audience],
      ["purpose", question.purpose],
      ["challenge_checked", true],
    ];
  });
}

async function fitsQuestion(answer: Answer, question: Question, now: Seconds): Promise<void> {
  if (!equal(answer.nonce, question.nonce)) {
    throw new Refusal("HOLDER_NONCE", "the answer is to another question");
  }
  if (!equal(answer.requestDigest, await questionDigest(question))) {
    throw new Refusal("HOLDER_AUDIENCE", "the answer is for somebody or something else");
  }
  const [first, last] = [question.issuedAt - TOLERANCE, question.expiresAt + TOLERANCE];
  if (answer.presentedAt < first || answer.presentedAt > last || now > last) {
    throw new Told("HOLDER_TIME", "the answer was not given while the question lived", [
      ["presented_at", momentText(answer.presentedAt)],
      ["expires_at", momentText(question.expiresAt)],
    ]);
  }
}

/** Return how many seconds the holder's clock seems fast, 0 when it agrees; HOLDER_TIME. */
function checkStep(step: number, now: Seconds): number {
  const ahead = step * STEP_SECONDS - now;
  if (ahead > TOLERANCE) {
    const fast = Math.floor(ahead);
    throw new Told("HOLDER_TIME", `the holder's clock is ${fast} s fast`, [["clock_fast_seconds", fast]]);
  }
  if (-ahead > TOLERANCE) {
    const age = Math.floor(-ahead);
    throw new Told("HOLDER_TIME", `the code is ${age} s old`, [["age_seconds", age]]);
  }
  return Math.max(0, Math.floor(ahead));
}

async function judged(
  der_: Bytes,
  asked: HolderQuestion,
  prove: (certificate: Certificate) => Promise<Facts>,
): Promise<[CheckResult, StatusRef | undefined]> {
  try {
    const { printed, ...rest } = asked;
    const { leaf, registry, uscc } = printed;
    const [certificate, status] = await holderCertificate([der_], { ...rest, leaf, registry, uscc });
    const facts: Facts = [
      ["certificate_sha256", hex(await sha256(der_))],
      ["status_index", status.index],
      ...(await prove(certificate)),
    ];
    return [passed("holder", STANDARD, facts), status];
  } catch (error) {
    const { code, message } = asRefusal(error);
    const more: readonly (readonly [string, Fact])[] = error instanceof Told ? error.facts : [];
    return [ended("holder", code, STANDARD, [...more, ["reason", message]]), undefined];
  }
}

/** Return the certificate and where its own status is read, once it fits: HOLDER_CERTIFICATE, HOLDER_TIME. */
export async function holderCertificate(
  certificates: readonly Bytes[],
  holding: Holding,
): Promise<[Certificate, StatusRef]> {
  try {
    const certificate = await believed(certificates, holding);
    return [certificate, binding(certificate, holding)];
  } catch (error) {
    const { code, message } = asRefusal(error);
    if (code === "HOLDER_TIME") throw error;
    // The path validation says "signer"; here it is the holder.
    throw new Refusal("HOLDER_CERTIFICATE", message);
  }
}

async function believed(certificates: readonly Bytes[], holding: Holding): Promise<Certificate> {
  const { authority, bundle, now } = holding;
  if (authority.holderCa === undefined) throw refuse("the authority has no holder certificates");
  const [own, ...issuers] = certificates as [Bytes, ...Bytes[]];
  const path = await findPath(own, issuers, [authority.holderCa]);
  if (now < (path[0] as Certificate).notBefore) {
    throw new Refusal("HOLDER_TIME", "the holder's certificate begins later than now");
  }
  checkDates(path, now);
  checkPolicy(path, [oids.POLICY_HOLDER]);
  // A presentation is made now: a leaked holder CA makes every certificate below it worthless.
  const closed = await closedFrom(path, bundle);
  if (closed !== undefined && now >= closed) throw refuse("the certificate, or its CA, was withdrawn");
  const certificate = path[0] as Certificate;
  const usage = keyUsage(certificate);
  if (!usage.has("digitalSignature") || usage.has("keyCertSign")) {
    throw refuse("not a certificate of a holder");
  }
  if (organisationIdentifier(certificate) !== holding.uscc) {
    throw refuse("the certificate is of another enterprise");
  }
  return certificate;
}

/** Read which licence a certificate belongs to, and where the certificate's own status is read. */
function binding(certificate: Certificate, holding: Holding): StatusRef {
  const extension = certificate.extensions.get(oids.EXT_LICENCE_BINDING);
  const parts = extension === undefined ? [] : der.children(extension.value);
  if (parts.length !== 3) throw refuse("the certificate names no licence");
  const [leaf, name, number] = parts as [Bytes, Bytes, Bytes];
  const registry = new TextDecoder().decode(der.value(name, der.UTF8_STRING));
  const index = der.integerValue(number);
  if (!isRegistry(registry) || index > MAX_INDEX) throw refuse("a part of the binding is out of its limits");
  const isOurs = equal(der.value(leaf, der.OCTET_STRING), holding.leaf);
  if (!isOurs || registry !== holding.registry) throw refuse("the certificate belongs to another licence");
  return { registry, index: Number(index) };
}

/** Return the holder's result once the status of the certificate is known. */
export function withStatus(result: CheckResult, status: CheckResult): CheckResult {
  if (status.state === "passed") return result;
  // A closed certificate is one that was replaced: the presenter has the old key.
  const code = status.state === "failed" ? "HOLDER_CERTIFICATE" : status.code;
  return ended("holder", code, STANDARD, [...result.facts, ["status", status.code]]);
}

/** Where our own clock is suspect, it does not judge the holder's. */
export function withClock(result: CheckResult, status: CheckResult): CheckResult {
  if (result.code !== "HOLDER_TIME" || status.code !== "CLOCK_SUSPECT") return result;
  return indeterminate(result.name, "CLOCK_SUSPECT", result.standard, result.facts);
}

function refuse(message: string): Refusal {
  return new Refusal("HOLDER_CERTIFICATE", message);
}
