/**
 * The limited copy 加注件: a licence's data and proofs for one recipient, one purpose, some days.
 *
 * Standard: `docs/formats/copy.md`, `licence/formats/copy_file.py`.
 */
import { type Bytes, concat, indexOf, utf8 } from "./bytes.ts";
import { dumps, isObject, type Json, loads } from "./canonical.ts";
import * as der from "./der.ts";
import { asRefusal, Refusal } from "./errors.ts";
import { Fields } from "./fields.ts";
import { isP256, verifyEs256, verifyRsa } from "./keys.ts";
import { readPublicKey } from "./signatures.ts";
import { type Day, dayOf, daysOf, type Seconds, shanghaiDay } from "./time.ts";
import { exactly } from "./x509.ts";

const SCHEMA = "anzheng-copy/v1";
const CODE = "COPY_SYNTAX";
const PREFIX = utf8("anzheng-copy/v1\u0000");
const MAX_COPY_BYTES = 512 * 1024;
const MAX_DAYS = 90;
const MAX_CERTIFICATE_BYTES = 8 * 1024;
const REVOCATION_VALUES = "1.2.840.113549.1.9.16.2.24";
const OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1";

export interface LimitedCopy {
  copyNo: string;
  recipient: string;
  purpose: string;
  madeAt: Seconds;
  endsOn: Day;
  licenceJson: Bytes;
  cms: Bytes;
  chain: readonly Bytes[];
  certificates: readonly Bytes[];
  evidence: Bytes | undefined;
  signature: Bytes;
  /** What the holder signed. */
  signed: Bytes;
}

/** Say whether a file claims to be a copy: canonical JSON has its keys in order, so the schema stands late. */
export function isCopy(data: Bytes): boolean {
  const claim = utf8('"anzheng-copy/v');
  return data[0] === 0x7b && indexOf(data.subarray(0, MAX_COPY_BYTES), claim) >= 0;
}

/** Read a copy; nothing in it is verified. SCHEMA_UNKNOWN or COPY_SYNTAX. */
export function readCopy(data: Bytes): LimitedCopy {
  let value: Json;
  try {
    value = loads(data, MAX_COPY_BYTES);
  } catch (error) {
    throw new Refusal(CODE, asRefusal(error).message);
  }
  const fields = new Fields(value, "copy", CODE);
  fields.constant("schema", SCHEMA, "SCHEMA_UNKNOWN");
  const copy: LimitedCopy = {
    copyNo: fields.text("copy_no", 40),
    recipient: fields.text("recipient", 200),
    purpose: fields.text("purpose", 200),
    madeAt: fields.moment("made_at"),
    endsOn: fields.day("ends_on"),
    licenceJson: fields.base64("licence_json", 256 * 1024),
    cms: fields.base64("cms", 8_000),
    chain: fields.optional("chain", (key) => fields.base64s(key, 8, MAX_CERTIFICATE_BYTES)) ?? [],
    certificates: fields.base64s("certificates", 4, MAX_CERTIFICATE_BYTES),
    evidence: fields.optional("evidence", (key) => fields.base64(key, 8_192)),
    signature: fields.base64("signature", 256),
    signed: signedBytes(value),
  };
  fields.end();
  const madeOn = shanghaiDay(copy.madeAt);
  if (copy.endsOn < madeOn || copy.endsOn > dayOf(daysOf(madeOn) + MAX_DAYS)) {
    throw new Refusal(CODE, `a copy ends 0 to ${MAX_DAYS} days after it was made`);
  }
  return copy;
}

function signedBytes(value: Json): Bytes {
  if (!isObject(value)) throw new Refusal(CODE, "no copy");
  const { signature: _, ...others } = value;
  return concat(PREFIX, dumps(others));
}

/** Do nothing if the holder of this key signed the copy; COPY_BROKEN. P-256, or RSA-2048 as U-keys have it. */
export async function verifyCopy(copy: LimitedCopy, spki: Bytes): Promise<void> {
  try {
    if (isP256(spki)) {
      await verifyEs256(spki, copy.signed, copy.signature, "COPY_BROKEN");
      return;
    }
    const key = readPublicKey(spki);
    const isRsa = key?.kind === "rsa" && key.bits === 2048;
    if (isRsa && (await verifyRsa(spki, "SHA-256", copy.signed, copy.signature))) return;
  } catch (error) {
    throw new Refusal("COPY_BROKEN", asRefusal(error).message);
  }
  throw new Refusal("COPY_BROKEN", "the copy was changed, or is not signed by the licence's holder");
}

/** Return CRLs and OCSP answers that a timestamp token carries (RFC 5126, 6.3.4); CMS_SYNTAX. */
export function revocationValues(token: Bytes): { crls: readonly Bytes[]; ocsps: readonly Bytes[] } {
  try {
    return takeOut(token);
  } catch {
    throw new Refusal("CMS_SYNTAX", "no revocation data in the token");
  }
}

function takeOut(token: Bytes): { crls: readonly Bytes[]; ocsps: readonly Bytes[] } {
  const [, content] = exactly(der.children(token), 2) as [Bytes, Bytes];
  const [signedData] = exactly(der.children(content, der.CONTEXT_0), 1) as [Bytes];
  const infos = der.children(signedData).at(-1) ?? new Uint8Array();
  const [info] = exactly(der.children(infos, der.SET), 1) as [Bytes];
  const unsigned = der.children(info).at(-1) ?? new Uint8Array();
  for (const attribute of der.children(unsigned, der.CONTEXT_1)) {
    const [name, values] = exactly(der.children(attribute), 2) as [Bytes, Bytes];
    if (der.dotted(name) !== REVOCATION_VALUES) continue;
    const [value] = exactly(der.children(values, der.SET), 1) as [Bytes];
    const listed = (tag: number): readonly Bytes[] => {
      const part = der.children(value).find((one) => der.tagOf(one) === tag);
      return part === undefined ? [] : der.children(der.children(part, tag)[0] ?? new Uint8Array());
    };
    return { crls: listed(der.CONTEXT_0), ocsps: listed(der.CONTEXT_1).map(ocspResponse) };
  }
  return { crls: [], ocsps: [] };
}

/** Return the successful OCSPResponse around a BasicOCSPResponse (RFC 6960, 4.2.1). */
function ocspResponse(basic: Bytes): Bytes {
  const body = der.tlv(der.SEQUENCE, der.oid(OCSP_BASIC), der.tlv(der.OCTET_STRING, basic));
  const successful = new Uint8Array([der.ENUMERATED, 1, 0]);
  return der.tlv(der.SEQUENCE, successful, der.tlv(der.CONTEXT_0, body));
}
