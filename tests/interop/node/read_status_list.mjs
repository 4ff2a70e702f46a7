// Reads a status list with the OpenWallet Foundation's libraries and prints what it says as JSON.
//
//   node read_status_list.mjs cwt|jwt TOKEN_FILE KEY_FILE(JWK) INDEX...
//
// Their libraries parse, and say what is signed; Node's Web Crypto verifies. Exit code 1: refused.
import { readFileSync } from "node:fs";
import { Sign1 } from "@owf/cose";
import * as owf from "@owf/token-status-list";
import * as sdJwt from "@sd-jwt/jwt-status-list";

const [form, tokenFile, keyFile, ...indexes] = process.argv.slice(2);
const token = new Uint8Array(readFileSync(tokenFile));
const jwk = JSON.parse(readFileSync(keyFile, "utf8"));
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const key = await crypto.subtle.importKey("jwk", jwk, algorithm, false, ["verify"]);

async function requireSignature(signature, signed) {
  if (!(await crypto.subtle.verify(algorithm, key, signature, signed))) {
    throw new Error("the signature is not by this key");
  }
}

async function readCwt() {
  const message = Sign1.decode(token);
  await requireSignature(message.signature, message.toBeSigned);
  const { payload } = owf.StatusListCwt.fromToken(token);
  return {
    sub: payload.subject,
    iat: payload.issuedAt.getTime() / 1000,
    exp: payload.expirationTime.getTime() / 1000,
    ttl: payload.timeToLive,
    readers: { owf: payload.statusList },
  };
}

async function readJwt() {
  const text = new TextDecoder().decode(token);
  const [header, claims, signature] = text.split(".");
  const signed = new TextEncoder().encode(`${header}.${claims}`);
  await requireSignature(Buffer.from(signature, "base64url"), signed);
  const { sub, iat, exp, ttl } = JSON.parse(Buffer.from(claims, "base64url"));
  const readers = {
    owf: owf.getListFromStatusListJWT(text),
    sd_jwt: sdJwt.getListFromStatusListJWT(text),
  };
  return { sub, iat, exp, ttl, readers };
}

try {
  const { readers, ...facts } = await (form === "cwt" ? readCwt() : readJwt());
  const values = Object.fromEntries(
    Object.entries(readers).map(([name, list]) => [
      name,
      indexes.map((index) => list.getStatus(Number(index))),
    ]),
  );
  console.log(JSON.stringify({ ...facts, values }));
} catch (error) {
  console.error(`refused: ${error.message}`);
  process.exit(1);
}
