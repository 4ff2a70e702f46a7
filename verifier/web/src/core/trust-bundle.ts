/**
 * The trust bundle: whom and what a verifier believes. The TUF repository that carries it is signed.
 *
 * Standard: `docs/formats/trust-bundle.md`, `licence/formats/trust_bundle.py`.
 */
import { type Bytes, equal, fromHex, hex, isAscending } from "./bytes.ts";
import { loads } from "./canonical.ts";
import { isAuthority, isRegistry } from "./cbor.ts";
import { Refusal } from "./errors.ts";
import { Fields } from "./fields.ts";
import { keyId } from "./keys.ts";
import type {
  Authority,
  Contract,
  LogKey,
  Registry,
  Root,
  StatusKey,
  TrustBundle,
  TsaRoot,
  ValidatorSet,
  Witness,
} from "./trust-types.ts";

export const MAX_BUNDLE_BYTES = 4 * 1024 * 1024;
const SCHEMA = "anzheng-trust/v1";
const CODE = "TRUST_BUNDLE_REFUSED";
const MAX_CERTIFICATE_BYTES = 8 * 1024;
const MAX_KEYS = 200;
const MAX_ROOTS = 100;
const MAX_REGISTRIES = 100;
const MAX_CONTRACTS = 50;
const MAX_WITNESSES = 50;
const MAX_SETS = 1_000;
const MAX_VALIDATORS = 64;
const MAX_AUTHORITIES = 5_000;
const MAX_SHARDS = 4_096;

const OID = /^[0-2](?:\.(?:0|[1-9][0-9]{0,38})){1,30}$/;
const WORD = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?$/;
const REGION = /^[0-9]{2,6}$/;
const ADDRESS = /^[0-9a-f]{40}$/;
const URI = /^https?:\/\/[!-~]{0,400}[!-.0-~]$/;
const KEY_NAME = /^[!-*,-~]{1,200}$/;

/** Read a trust bundle: TOO_LARGE, JSON_*, SCHEMA_UNKNOWN or TRUST_BUNDLE_REFUSED. */
export async function decodeBundle(data: Uint8Array): Promise<TrustBundle> {
  const fields = new Fields(loads(data, MAX_BUNDLE_BYTES), "bundle", CODE);
  fields.constant("schema", SCHEMA, "SCHEMA_UNKNOWN");
  const bundle: TrustBundle = {
    version: fields.integer("version", 1),
    environment: fields.choice("environment", ["test", "production"] as const),
    issuedAt: fields.moment("issued_at"),
    roots: fields.objects("roots", readRoot, MAX_ROOTS, 1),
    policies: fields.texts("policies", MAX_KEYS, OID, 1),
    tsaRoots: fields.objects("tsa_roots", readTsaRoot, MAX_ROOTS, 1),
    withdrawn: fields.objects(
      "withdrawn",
      (one) => ({ sha256: one.hexed("sha256", 32), distrustFrom: one.moment("distrust_from") }),
      MAX_KEYS,
    ),
    registries: fields.objects("registries", readRegistry, MAX_REGISTRIES),
    authorities: fields.objects("authorities", readAuthority, MAX_AUTHORITIES),
  };
  fields.end();
  await check(bundle);
  return bundle;
}

// ---------------------------------------------------------------- the whole

async function check(bundle: TrustBundle): Promise<void> {
  const { registries, authorities } = bundle;
  once("registries", registries.map((one) => one.id));
  once("authorities", authorities.map((one) => one.id));
  once("roots", bundle.roots.map((one) => hex(one.certificate)));
  once("tsa_roots", bundle.tsaRoots.map((one) => hex(one.certificate)));
  // One account acts for one authority only: evidence is attributed by account (DESIGN 3.2).
  once("accounts", authorities.flatMap((one) => one.accounts.map(hex)));
  // Status indexes are counted by registry: two in one contract would share their statuses.
  const contracts = registries.flatMap((one) => one.contracts);
  once("contracts", contracts.map((one) => `${one.chainId} ${hex(one.address)}`));
  registries.forEach(checkRegistry);
  oneChain(registries.flatMap((one) => one.validators));
  inOrder("authorities", authorities.map((one) => [one.validFrom, one.validTo]));
  for (const authority of authorities) {
    await checkKeys("status_keys", authority.statusKeys);
    await checkKeys("qr_keys", authority.qrKeys);
  }
}

function checkRegistry(registry: Registry): void {
  const { witnesses } = registry;
  once("witnesses", witnesses.map((one) => `${one.name} ${one.fromBlock}`));
  inOrder("witnesses", witnesses.map((one) => [one.fromBlock, one.toBlock]));
  const names = new Set(witnesses.map((one) => one.name));
  if (registry.witnessThreshold > Math.max(names.size, 1)) {
    throw refuse(`registry ${registry.id}: threshold needs more witnesses than there are`);
  }
  checkValidators(registry);
}

function checkValidators(registry: Registry): void {
  const sets = registry.validators;
  const chains = new Set(registry.contracts.map((one) => one.chainId));
  inOrder("validators", sets.map((one) => [one.fromBlock, one.toBlock]));
  sets.forEach((one, at) => {
    if (!chains.has(one.chainId)) throw refuse("validators: a chain without a contract");
    if (!isAscending(one.addresses)) throw refuse("validators: addresses do not ascend");
    const before = sets[at - 1];
    if (before === undefined) return;
    const ascends =
      before.chainId < one.chainId ||
      (before.chainId === one.chainId &&
        before.toBlock !== undefined &&
        before.fromBlock < one.fromBlock &&
        before.toBlock < one.fromBlock);
    if (!ascends) throw refuse("validators: sets do not ascend, or two for one block");
  });
}

/** A header does not name its chain, so the seals of a validator of two chains would fit both. */
function oneChain(sets: readonly ValidatorSet[]): void {
  const chains = new Map<string, number>();
  for (const one of sets) {
    for (const address of one.addresses.map(hex)) {
      if ((chains.get(address) ?? one.chainId) !== one.chainId) {
        throw refuse("validators: an address seals two chains");
      }
      chains.set(address, one.chainId);
    }
  }
}

async function checkKeys(where: string, keys: readonly StatusKey[]): Promise<void> {
  once(where, keys.map((key) => hex(key.kid)));
  inOrder(where, keys.map((key) => [key.validFrom, key.validTo]));
  for (const key of keys) {
    if (!equal(key.kid, await keyId(key.key))) {
      throw refuse(`${where}: a key is not the one that its key id names`);
    }
  }
}

function once(where: string, values: readonly string[]): void {
  if (new Set(values).size !== values.length) throw refuse(`${where}: something stands twice`);
}

function inOrder<T extends string | number>(
  where: string,
  spans: readonly (readonly [T, T | undefined])[],
): void {
  if (spans.some(([first, last]) => last !== undefined && last < first)) {
    throw refuse(`${where}: something ends before it begins`);
  }
}

function refuse(message: string): Refusal {
  return new Refusal(CODE, message);
}

// ---------------------------------------------------------------- reading

function readRoot(fields: Fields): Root {
  return {
    name: fields.text("name"),
    certificate: fields.base64("certificate", MAX_CERTIFICATE_BYTES),
    distrustFrom: fields.optional("distrust_from", (key) => fields.moment(key)),
  };
}

function readTsaRoot(fields: Fields): TsaRoot {
  return {
    ...readRoot(fields),
    policies: fields.texts("policies", MAX_KEYS, OID, 1),
    testOnly: fields.boolean("test_only"),
  };
}

function readRegistry(fields: Fields): Registry {
  const id = fields.text("id");
  if (!isRegistry(id)) throw refuse(`${id} is no name of a registry`);
  const readSets = (key: string): ValidatorSet[] => fields.objects(key, readSet, MAX_SETS, 1);
  return {
    id,
    contracts: fields.objects("contracts", readContract, MAX_CONTRACTS, 1),
    witnesses: fields.objects("witnesses", readWitness, MAX_WITNESSES),
    witnessThreshold: fields.integer("witness_threshold", 1, MAX_WITNESSES),
    validators: fields.optional("validators", readSets) ?? [],
  };
}

function readSet(fields: Fields): ValidatorSet {
  return {
    chainId: fields.integer("chain_id", 1),
    fromBlock: fields.integer("from_block"),
    toBlock: fields.optional("to_block", (key) => fields.integer(key)),
    addresses: readAddresses(fields, "addresses", MAX_VALIDATORS, 1),
  };
}

function readAddresses(fields: Fields, key: string, most: number, least = 0): Bytes[] {
  return fields.texts(key, most, ADDRESS, least).map((text) => fromHex(text) as Bytes);
}

function readContract(fields: Fields): Contract {
  return {
    chainId: fields.integer("chain_id", 1),
    address: fields.hexed("address", 20),
    codeHash: fields.hexed("code_hash", 32),
    fromBlock: fields.integer("from_block"),
    frozenAt: fields.optional("frozen_at", (key) => fields.integer(key)),
    testChain: fields.boolean("test_chain"),
  };
}

function readWitness(fields: Fields): Witness {
  return {
    name: fields.matching("name", KEY_NAME),
    key: fields.hexed("key", 32),
    fromBlock: fields.integer("from_block"),
    toBlock: fields.optional("to_block", (key) => fields.integer(key)),
  };
}

function readLogKey(fields: Fields): LogKey {
  const key = { name: fields.matching("name", KEY_NAME), key: fields.hexed("key", 32) };
  fields.end();
  return key;
}

function readStatusKey(fields: Fields): StatusKey {
  return {
    kid: fields.hexed("kid", 8),
    key: fields.base64("key", 1_024),
    validFrom: fields.moment("valid_from"),
    validTo: fields.optional("valid_to", (key) => fields.moment(key)),
  };
}

function readAuthority(fields: Fields): Authority {
  const id = fields.text("id");
  if (!isAuthority(id)) throw refuse(`${id} is no code of an authority`);
  return {
    id,
    name: fields.text("name"),
    licenceTypes: fields.texts("licence_types", MAX_KEYS, WORD),
    industries: fields.texts("industries", MAX_KEYS, WORD),
    regions: fields.texts("regions", MAX_AUTHORITIES, REGION),
    validFrom: fields.day("valid_from"),
    validTo: fields.optional("valid_to", (key) => fields.day(key)),
    accounts: readAddresses(fields, "accounts", MAX_KEYS),
    logKey: readLogKey(fields.fields("log_key")),
    statusKeys: fields.objects("status_keys", readStatusKey, MAX_KEYS),
    qrKeys: fields.objects("qr_keys", readStatusKey, MAX_KEYS),
    holderCa: fields.optional("holder_ca", (key) => fields.base64(key, MAX_CERTIFICATE_BYTES)),
    listBaseUri: fields.matching("list_base_uri", URI),
    shards: fields.integer("shards", 1, MAX_SHARDS),
  };
}
