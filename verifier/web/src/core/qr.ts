/**
 * The objects in QR codes: the printed data code, what holders sign, and a verifier's question.
 *
 * Standard: `docs/formats/qr.md`, `docs/formats/qr.cddl`; RFC 9052 (COSE_Sign1); RFC 1950 (card).
 */
import { type Bytes, sha256, utf8 } from "./bytes.ts";
import {
  ArrayFields,
  type CborValue,
  dumps,
  isAuthority,
  isRegistry,
  loads,
} from "./cbor.ts";
import { parts, readSaid, verify1 } from "./cose.ts";
import { asRefusal, type Code, Refusal } from "./errors.ts";
import { inflate } from "./inflate.ts";
import { isLine } from "./text.ts";
import { type Day, dayOf, daysOf, MAX_SECONDS, type Seconds } from "./time.ts";
import type { Environment, StatusKey } from "./trust-types.ts";

const PRINTED_TYPE = "application/anzheng-qr+cbor";
const SCREEN_TYPE = "application/anzheng-screen+cbor";
const ANSWER_TYPE = "application/anzheng-answer+cbor";
const MAX_PRINTED_BYTES = 1_200;
const MAX_CERTIFICATE_BYTES = 2_048;
const MAX_CARD_BYTES = 2_000;
const MAX_INFLATED = MAX_PRINTED_BYTES + MAX_CERTIFICATE_BYTES + 16;
const MAX_HOLDER_BYTES = 2_400;
const MAX_QUESTION_BYTES = 1_400;
const MAX_REQUEST_LIFE = 86_400;
const MAX_INDEX = 2 ** 32 - 1;
const FIRST_DAY = daysOf("1950-01-01");
const LAST_DAY = daysOf("2199-12-31");
const SYNTAX = "QR_SYNTAX";
export const STEP_SECONDS = 30;

const TYPE = /^[a-z](?:[a-z-]{0,62}[a-z])?$/;
const INDUSTRY = /^[A-Z]{2}$/;
const USCC = /^[0-9A-HJ-NP-RTUW-Y]{18}$/;
const CHALLENGE = /^[0-9]{4}$/;
const ENVIRONMENTS: readonly Environment[] = ["test", "production"];
export const KINDS = ["REGULAR", "EMERGENCY_TEMPORARY", "SAMPLE", "DIGITISED"] as const;

/** What a printed data code says. */
export interface Printed {
  environment: Environment;
  registry: string;
  authority: string;
  index: number;
  leaf: Bytes;
  licenceDigest: Bytes;
  licenceType: string;
  industry: string;
  licenceNo: string;
  enterpriseName: string;
  uscc: string;
  kind: (typeof KINDS)[number];
  version: number;
  issuedOn: Day;
  validFrom: Day;
  validTo: Day;
  scope: string;
  issuedAt: Seconds;
}

export interface ReadPrinted {
  said: Printed;
  kid: Bytes;
  data: Bytes;
}

/** The data code and the licence's own certificate, as holders' codes carry them; nothing is verified. */
export interface Card {
  printed: Bytes;
  certificate: Bytes;
}

export interface Screen {
  card: Card;
  step: number;
  purpose: string;
  challenge: string | undefined;
  kid: Bytes;
  data: Bytes;
}

export interface Answer {
  card: Card;
  nonce: Bytes;
  requestDigest: Bytes;
  presentedAt: Seconds;
  kid: Bytes;
  data: Bytes;
}

/** A verifier's question; `anzheng-presentation-request/v1` has the same fields. */
export interface Question {
  nonce: Bytes;
  audience: string;
  purpose: string;
  issuedAt: Seconds;
  expiresAt: Seconds;
}

// ---------------------------------------------------------------- printed

/** Read a code; who signed it is not asked yet. QR_SYNTAX. */
export function readPrinted(data: Bytes): ReadPrinted {
  const [kid, payload] = readSigned(data, PRINTED_TYPE, MAX_PRINTED_BYTES);
  const fields = new ArrayFields(payload, 19, SYNTAX);
  fields.integer(1, 1);
  const environment = ENVIRONMENTS[fields.integer(0, 1)] as Environment;
  const registry = fields.text(isRegistry);
  const authority = fields.text(isAuthority);
  const said: Printed = {
    environment,
    registry,
    authority,
    index: fields.integer(0, MAX_INDEX),
    leaf: fields.octets(32),
    licenceDigest: fields.octets(32),
    licenceType: fields.text((text) => TYPE.test(text)),
    industry: fields.text((text) => INDUSTRY.test(text)),
    licenceNo: line(fields, 40),
    enterpriseName: line(fields, 100),
    uscc: fields.text((text) => USCC.test(text)),
    kind: KINDS[fields.integer(0, 3)] as (typeof KINDS)[number],
    version: fields.integer(1, 999),
    issuedOn: day(fields),
    validFrom: day(fields),
    validTo: day(fields),
    scope: line(fields, 40),
    issuedAt: fields.integer(0, MAX_SECONDS),
  };
  if (said.validTo < said.validFrom) throw new Refusal(SYNTAX, "the licence ends before it begins");
  return { said, kid, data };
}

/** Do nothing if this key of the authority signed the code; QR_SIGNATURE. */
export async function verifyPrinted(found: ReadPrinted, key: StatusKey): Promise<void> {
  const message = "the code was altered, or is a forgery";
  await verified(found.data, PRINTED_TYPE, MAX_PRINTED_BYTES, found.kid, key.key, () => {
    return new Refusal("QR_SIGNATURE", message);
  });
}

// ---------------------------------------------------------------- what holders sign

export function readScreen(data: Bytes): Screen {
  const [kid, payload] = readSigned(data, SCREEN_TYPE, MAX_HOLDER_BYTES);
  const fields = new ArrayFields(payload, 5, SYNTAX);
  fields.integer(1, 1);
  const card = unpackCard(fields.octets(1, MAX_CARD_BYTES));
  const step = fields.integer(0, Math.floor(MAX_SECONDS / STEP_SECONDS));
  const purpose = line(fields, 40);
  const challenge = fields.next();
  const isChallenge = typeof challenge === "string" && CHALLENGE.test(challenge);
  if (challenge !== null && !isChallenge) throw fields.refuse("four digits");
  return { card, step, purpose, challenge: isChallenge ? challenge : undefined, kid, data };
}

export function readAnswer(data: Bytes): Answer {
  const [kid, payload] = readSigned(data, ANSWER_TYPE, MAX_HOLDER_BYTES);
  const fields = new ArrayFields(payload, 5, SYNTAX);
  fields.integer(1, 1);
  return {
    card: unpackCard(fields.octets(1, MAX_CARD_BYTES)),
    nonce: fields.octets(16),
    requestDigest: fields.octets(32),
    presentedAt: fields.integer(0, MAX_SECONDS),
    kid,
    data,
  };
}

/** Do nothing if the holder of this key signed a screen code or an answer; HOLDER_KEY. */
export async function verifyHolder(
  found: Screen | Answer,
  type: "screen" | "answer",
  publicKey: Bytes,
): Promise<void> {
  const contentType = type === "screen" ? SCREEN_TYPE : ANSWER_TYPE;
  await verified(found.data, contentType, MAX_HOLDER_BYTES, found.kid, publicKey, (code) =>
    code === "ALGORITHM_UNSUPPORTED"
      ? new Refusal(code, "the holder's key is not on P-256")
      : new Refusal("HOLDER_KEY", "not signed by the key of the licence's own certificate"),
  );
}

/** Take data code and certificate out of a card; it inflates to a few kilobytes at most. */
export function unpackCard(packed: Uint8Array): Card {
  const unpacked = inflate(packed, MAX_INFLATED);
  if (!unpacked?.whole) throw new Refusal(SYNTAX, "the holder's card cannot be unpacked");
  const fields = new ArrayFields(asSyntax(() => loads(unpacked.data, { maxBytes: MAX_INFLATED })), 2, SYNTAX);
  return {
    printed: fields.octets(0, MAX_PRINTED_BYTES),
    certificate: fields.octets(0, MAX_CERTIFICATE_BYTES),
  };
}

// ---------------------------------------------------------------- the question

/** Return a question as it stands in a QR code. */
export function encodeQuestion(question: Question): Bytes {
  const { nonce, audience, purpose, issuedAt, expiresAt } = question;
  const data = dumps([1, nonce, audience, purpose, issuedAt, expiresAt]);
  readQuestion(data);
  return data;
}

/** Read a question; it is not signed. HOLDER_SYNTAX. */
export function readQuestion(data: Bytes): Question {
  const code = "HOLDER_SYNTAX";
  let value: CborValue;
  try {
    value = loads(data, { maxBytes: MAX_QUESTION_BYTES });
  } catch {
    throw new Refusal(code, "no question");
  }
  const fields = new ArrayFields(value, 6, code);
  fields.integer(1, 1);
  const question: Question = {
    nonce: fields.octets(16),
    audience: line(fields, 200),
    purpose: line(fields, 200),
    issuedAt: fields.integer(0, MAX_SECONDS),
    expiresAt: fields.integer(0, MAX_SECONDS),
  };
  const { issuedAt, expiresAt } = question;
  if (!(issuedAt < expiresAt && expiresAt <= issuedAt + MAX_REQUEST_LIFE)) {
    throw new Refusal(code, "the question ends before it begins, or lives long");
  }
  return question;
}

export async function questionDigest(question: Question): Promise<Bytes> {
  return sha256(encodeQuestion(question));
}

// ---------------------------------------------------------------- small helpers

function readSigned(data: Bytes, contentType: string, maxBytes: number): [Bytes, CborValue] {
  return asSyntax(() => {
    const found = parts(data, maxBytes);
    const header = readSaid(found.protectedHeader, contentType);
    if (header.certificate !== undefined) throw new Refusal(SYNTAX, "a certificate in the header");
    return [header.kid, loads(found.payload, { maxBytes })];
  });
}

function asSyntax<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Refusal(SYNTAX, `no code of ours: ${asRefusal(error).message}`);
  }
}

async function verified(
  data: Bytes,
  contentType: string,
  maxBytes: number,
  kid: Bytes,
  key: Bytes,
  refused: (code: Code) => Refusal,
): Promise<void> {
  try {
    const name = [...(await sha256(key)).slice(0, 8)];
    const keys = new Map([[name.map((byte) => byte.toString(16).padStart(2, "0")).join(""), key]]);
    const message = await verify1(data, contentType, keys, maxBytes);
    if (message.kid.join() !== kid.join()) throw new Refusal("COSE_SIGNATURE", "another key");
  } catch (error) {
    throw refused(asRefusal(error).code);
  }
}

function line(fields: ArrayFields, most: number): string {
  return fields.text((text) => isLine(text, most));
}

function day(fields: ArrayFields): Day {
  return dayOf(fields.integer(FIRST_DAY, LAST_DAY));
}

/** Return the four digits that a verifier may speak, drawn by the browser. */
export function drawChallenge(): string {
  // Rejection: 4294960000 is the largest multiple of 10,000 below 2^32.
  for (;;) {
    const [drawn] = crypto.getRandomValues(new Uint32Array(1)) as unknown as [number];
    if (drawn < 4_294_960_000) return String(drawn % 10_000).padStart(4, "0");
  }
}

/** Return a fresh question, as our own verifier asks it. */
export function newQuestion(audience: string, purpose: string, now: Seconds, life = 300): Question {
  const issuedAt = Math.floor(now);
  const nonce = crypto.getRandomValues(new Uint8Array(16));
  return { nonce, audience, purpose, issuedAt, expiresAt: issuedAt + life };
}

/** Say whether a text can stand in a question as the name of who asks, or as a purpose. */
export function isQuestionText(text: string): boolean {
  return isLine(text, 200) && utf8(text).length <= 600;
}
