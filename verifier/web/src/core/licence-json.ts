/**
 * The parts of `licence.json` that the checks of this page need. Its digest is signed; that it keeps
 * every rule of licences, the authority's own software has checked, and the Python verifier does.
 *
 * Standard: RFC 8785; `docs/formats/licence.md`.
 */
import type { Bytes } from "./bytes.ts";
import { isObject, type Json, type JsonObject, loads } from "./canonical.ts";
import { isRegistry } from "./cbor.ts";
import { Refusal } from "./errors.ts";
import { type Day, readDay } from "./time.ts";

const MAX_BYTES = 256 * 1024;
const SCHEMA = "anzheng-licence/v1";
const MAX_INDEX = 2 ** 32 - 1;

export interface Licence {
  json: JsonObject;
  licenceType: string;
  industry: string;
  licenceNo: string;
  enterpriseName: string;
  uscc: string;
  issuerCode: string;
  environment: string;
  kind: string;
  version: number;
  issuedOn: Day;
  validFrom: Day;
  validTo: Day;
  regions: readonly (string | undefined)[];
  registry: string;
  index: number;
}

/** Read a `licence.json`: SCHEMA_UNKNOWN, JSON_*, TOO_LARGE or FIELD_VALUE. */
export function readLicence(data: Bytes): Licence {
  const json = loads(data, MAX_BYTES);
  if (!isObject(json) || json["schema"] !== SCHEMA) {
    throw new Refusal("SCHEMA_UNKNOWN", `this is not ${SCHEMA}`);
  }
  const status = json["status"];
  const registry = isObject(status) ? status["registry"] : undefined;
  const index = isObject(status) ? status["index"] : undefined;
  const addresses = json["addresses"];
  if (typeof registry !== "string" || !isRegistry(registry)) throw wrong("status.registry");
  if (typeof index !== "number" || index < 0 || index > MAX_INDEX) throw wrong("status.index");
  if (!Array.isArray(addresses)) throw wrong("addresses");
  const version = json["version"];
  if (typeof version !== "number" || version < 1) throw wrong("version");
  return {
    json,
    licenceType: text(json, "licence_type"),
    industry: text(json, "industry"),
    licenceNo: text(json, "licence_no"),
    enterpriseName: text(json, "enterprise_name"),
    uscc: text(json, "uscc"),
    issuerCode: text(json, "issuer_code"),
    environment: text(json, "environment"),
    kind: text(json, "kind"),
    version,
    issuedOn: day(json, "issued_on"),
    validFrom: day(json, "valid_from"),
    validTo: day(json, "valid_to"),
    regions: (addresses as readonly Json[]).map(regionOf),
    registry,
    index,
  };
}

function regionOf(address: Json): string | undefined {
  const region = isObject(address) ? address["region"] : undefined;
  return typeof region === "string" ? region : undefined;
}

function text(json: JsonObject, name: string): string {
  const value = json[name];
  if (typeof value !== "string" || value === "") throw wrong(name);
  return value;
}

function day(json: JsonObject, name: string): Day {
  const found = readDay(text(json, name));
  if (found === undefined) throw wrong(name);
  return found;
}

function wrong(field: string): Refusal {
  return new Refusal("FIELD_VALUE", `${field} is missing or of another form`);
}
