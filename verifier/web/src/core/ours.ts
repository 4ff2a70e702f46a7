/**
 * Tell a damaged or forged licence from a file that never was one of ours. Runs only when a file was
 * refused; all that it finds is a claim.
 *
 * Standard: DESIGN 4 (a known registry with an unpinned signer or no signature is a forgery).
 */
import { type Bytes, fromUtf8, latin1 } from "./bytes.ts";
import * as der from "./der.ts";
import { asDigits, MAX_PDF_BYTES } from "./hole.ts";
import * as oids from "./oids.ts";
import { streams } from "./streams.ts";
import { registryOf, type TrustBundle } from "./trust-types.ts";

const ATTRIBUTE = asDigits(der.oid(oids.ATTR_LICENCE_JSON_DIGEST));
const SCHEMA = /"schema"\s{0,64}:\s{0,64}"anzheng-licence\/v1"/;
const REGISTRY = /"registry"\s{0,64}:\s{0,64}"([^"\\]{1,80})"/;
const ANNOUNCED = ["(licence.json)", "/AFRelationship /Data", "/DocMDP", "/DSS"];
const END_WIDTH = 1_024;
const MAX_JSON_BYTES = 256 * 1024;

/** Say whether a refused file claims to be a licence of a registry that the bundle knows. */
export function isOurs(pdf: Bytes, bundle: TrustBundle): boolean {
  const data = pdf.subarray(0, MAX_PDF_BYTES) as Bytes;
  const text = latin1(data);
  if (text.toLowerCase().includes(ATTRIBUTE)) return true;
  const found = [...streams(data)].map((one) => one.subarray(0, MAX_JSON_BYTES));
  const plain = SCHEMA.exec(text);
  const candidates = found.map((one) => fromUtf8(one) ?? latin1(one)).filter((one) => SCHEMA.test(one));
  if (plain !== null) {
    const start = Math.max(0, plain.index - MAX_JSON_BYTES);
    candidates.push(text.slice(start, plain.index + MAX_JSON_BYTES));
  }
  if (candidates.some((one) => namesKnownRegistry(one, bundle))) return true;
  // Cut off before its data: the catalog announces what is not there.
  const isCut = !text.slice(-END_WIDTH).includes("startxref");
  return isCut && found.some((one) => ANNOUNCED.every((word) => latin1(one).includes(word)));
}

/** Read the registry leniently; our schema in a broken text is damaged, not foreign. */
function namesKnownRegistry(text: string, bundle: TrustBundle): boolean {
  const registry = REGISTRY.exec(text)?.[1];
  return registry === undefined || registryOf(bundle, registry) !== undefined;
}
