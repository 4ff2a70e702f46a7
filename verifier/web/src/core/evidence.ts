/**
 * Anchor evidence: why a leaf is anchored, for somebody who has the trust bundle and no network.
 *
 * Evidence is never believed for what it says about itself: chain, contract, log, witnesses and
 * validators are those of the trust bundle, registry and authority those of the signed data.
 *
 * Standard: RFC 9162, 2.1; `docs/formats/evidence.md`, `verifier/checks/c06_anchor.py`.
 */
import { type Bytes, equal, hex } from "./bytes.ts";
import { ArrayFields, type CborValue, dumps, isArray, isAuthority, isRegistry, loads } from "./cbor.ts";
import { type BatchRecord, checkSealed, checkState, MAX_NODE_BYTES, MAX_NODES } from "./chain-state.ts";
import { MAX_CHECKPOINT_BYTES, parseCheckpoint, verifyCheckpoint } from "./checkpoint.ts";
import { asRefusal, type Code, Refusal } from "./errors.ts";
import { leafHash, verifyInclusion } from "./merkle.ts";
import { MAX_SECONDS } from "./time.ts";
import { authorityOf, type Contract, type Registry, registryOf, type TrustBundle } from "./trust-types.ts";

const MAX_EVIDENCE_BYTES = 8_192;
const MAX_HEADER_BYTES = 8_192;
const MAX_UINT_32 = 2 ** 32 - 1;
const SYNTAX = "EVIDENCE_SYNTAX";
const LATER = /^(?:witness|qbft|ots)-v[1-9][0-9]?$/;

export interface Anchored {
  record: BatchRecord;
  witnesses: readonly string[];
  seals: number;
}

/** Verify evidence for a leaf of an authority against the trust bundle. */
export async function judgeEvidence(
  data: Bytes,
  leaf: Bytes,
  registryId: string,
  authorityId: string,
  bundle: TrustBundle,
): Promise<Anchored> {
  const registry = registryOf(bundle, registryId);
  const authority = authorityOf(bundle, authorityId);
  if (registry === undefined || authority === undefined) {
    throw new Refusal("REGISTRY_UNKNOWN", "the trust bundle does not know the registry");
  }
  const evidence = readEvidence(data);
  const { record } = evidence;
  // 1. the leaf is in the batch, and the batch is of whom the signed data names
  await included(leaf, evidence.index, record.size, evidence.path, record.root);
  if (record.registry !== registryId || record.authority !== authorityId) {
    throw mismatch("the evidence is of another log");
  }
  const contract = registry.contracts.find((one) => isContractOf(one, record));
  let witnesses: readonly string[] = [];
  let seals = 0;
  if (evidence.kind === "qbft-v1") {
    seals = await refusedAs(() => checkSealed(evidence, contract, validatorsOf(registry, record)));
  } else {
    witnesses = await checkLog(evidence, registry, authority.logKey, registryId, authorityId);
    const { state } = evidence;
    if (state !== undefined) await refusedAs(() => checkState(state, record, contract));
  }
  checkContract(record, contract, bundle);
  return { record, witnesses, seals };
}

async function checkLog(
  evidence: WitnessEvidence,
  registry: Registry,
  logKey: { name: string; key: Bytes },
  registryId: string,
  authorityId: string,
): Promise<readonly string[]> {
  const { record } = evidence;
  const said = asSyntax(() => parseCheckpoint(evidence.checkpoint));
  // 2. the checkpoint is of that log
  if (said.origin !== `anzheng/${registryId}/${authorityId}`) {
    throw mismatch("the evidence is of another log");
  }
  // 3. every signature of the checkpoint
  const pinned = registry.witnesses.filter(
    (one) =>
      BigInt(one.fromBlock) <= record.blockNumber &&
      (one.toBlock === undefined || record.blockNumber <= BigInt(one.toBlock)),
  );
  const found = await verifyCheckpoint(said, logKey, pinned, registry.witnessThreshold);
  // 4. the batch is in the log
  const entry = await leafHash(dumps(evidence.recordValue));
  await included(entry, evidence.logIndex, said.size, evidence.logPath, said.root);
  return found;
}

function validatorsOf(registry: Registry, record: BatchRecord): readonly Bytes[] {
  const set = registry.validators.find(
    (one) =>
      BigInt(one.chainId) === record.chainId &&
      BigInt(one.fromBlock) <= record.blockNumber &&
      (one.toBlock === undefined || record.blockNumber <= BigInt(one.toBlock)),
  );
  if (set === undefined) {
    throw new Refusal("VALIDATORS_NOT_PINNED", "no validators are pinned for this block");
  }
  return set.addresses;
}

function isContractOf(contract: Contract, record: BatchRecord): boolean {
  return BigInt(contract.chainId) === record.chainId && equal(contract.address, record.contract);
}

/** Refuse a contract that is not pinned, or was not open at that block. */
function checkContract(record: BatchRecord, contract: Contract | undefined, bundle: TrustBundle): void {
  const wrong = (message: string): Refusal => new Refusal("ANCHOR_CHAIN_MISMATCH", message);
  if (contract === undefined) throw wrong("a chain or contract that is not pinned");
  const { fromBlock, frozenAt } = contract;
  const isOver = frozenAt !== undefined && record.blockNumber > BigInt(frozenAt);
  if (record.blockNumber < BigInt(fromBlock) || isOver) throw wrong("a block outside the contract's time");
  if (contract.testChain && bundle.environment === "production") throw wrong("a chain for tests only");
}

// ---------------------------------------------------------------- reading

interface Common {
  index: number;
  path: readonly Bytes[];
  record: BatchRecord;
  recordValue: CborValue;
}

export interface StateProof {
  header: Bytes;
  accountProof: readonly Bytes[];
  slotProof: readonly Bytes[];
}

interface WitnessEvidence extends Common {
  kind: "witness-v1";
  logIndex: number;
  logPath: readonly Bytes[];
  checkpoint: Bytes;
  state: StateProof | undefined;
}

export interface QbftEvidence extends Common, StateProof {
  kind: "qbft-v1";
  headProof: readonly Bytes[] | undefined;
}

/** Return the evidence of these bytes: ANCHOR_PROOF_MISMATCH or EVIDENCE_TYPE_UNSUPPORTED. */
export function readEvidence(data: Bytes): WitnessEvidence | QbftEvidence {
  try {
    const value = loads(data, { maxBytes: MAX_EVIDENCE_BYTES });
    const kind = isArray(value) ? value[0] : undefined;
    if (kind === "qbft-v1") return readQbft(value);
    if (typeof kind === "string" && kind !== "witness-v1" && LATER.test(kind)) {
      throw new Refusal("EVIDENCE_TYPE_UNSUPPORTED", "evidence of a later release");
    }
    return readWitness(value);
  } catch (error) {
    const { code, message } = asRefusal(error);
    if (code === "EVIDENCE_TYPE_UNSUPPORTED") throw error;
    throw mismatch(`the evidence cannot be read: ${message}`);
  }
}

function readWitness(value: CborValue): WitnessEvidence {
  const fields = new ArrayFields(value, isArray(value) && value.length === 8 ? 8 : 7, SYNTAX);
  fields.constant("witness-v1");
  const common = readCommon(fields);
  const logIndex = fields.integer(0, MAX_UINT_32);
  const logPath = readPath(fields);
  const checkpoint = fields.octets(1, MAX_CHECKPOINT_BYTES);
  parseCheckpoint(checkpoint);
  const state = fields.hasNext() ? readState(new ArrayFields(fields.next(), 3, SYNTAX)) : undefined;
  return { kind: "witness-v1", ...common, logIndex, logPath, checkpoint, state };
}

function readQbft(value: CborValue): QbftEvidence {
  const fields = new ArrayFields(value, isArray(value) && value.length === 8 ? 8 : 7, SYNTAX);
  fields.constant("qbft-v1");
  const common = readCommon(fields);
  const state = readState(fields);
  const headProof = fields.hasNext() ? readNodes(fields) : undefined;
  return { kind: "qbft-v1", ...common, ...state, headProof };
}

function readCommon(fields: ArrayFields): Common {
  const index = fields.integer(0, MAX_UINT_32);
  const path = readPath(fields);
  const recordValue = fields.array(12);
  return { index, path, recordValue, record: readRecord(recordValue) };
}

function readState(fields: ArrayFields): StateProof {
  const header = fields.octets(1, MAX_HEADER_BYTES);
  const accountProof = readNodes(fields);
  return { header, accountProof, slotProof: readNodes(fields) };
}

function readRecord(value: CborValue): BatchRecord {
  const fields = new ArrayFields(value, 12, SYNTAX);
  fields.constant("anzheng-batch/v1");
  return {
    registry: fields.text(isRegistry),
    authority: fields.text(isAuthority),
    chainId: fields.uint64(1n),
    contract: fields.octets(20),
    root: fields.octets(32),
    size: fields.integer(1, MAX_UINT_32),
    manifest: fields.octets(32),
    sequence: fields.uint64(),
    blockNumber: fields.uint64(),
    blockHash: fields.octets(32),
    blockTime: fields.integer(1, MAX_SECONDS),
  };
}

function readPath(fields: ArrayFields): readonly Bytes[] {
  return fields.array(32).map((node) => octets(node, 32, 32));
}

function readNodes(fields: ArrayFields): readonly Bytes[] {
  return fields.array(MAX_NODES).map((node) => octets(node, 1, MAX_NODE_BYTES));
}

function octets(value: CborValue, least: number, most: number): Bytes {
  if (!(value instanceof Uint8Array) || value.length < least || value.length > most) {
    throw new Refusal(SYNTAX, "a byte string of another length");
  }
  return value;
}

// ---------------------------------------------------------------- small helpers

async function included(
  leaf: Bytes,
  index: number,
  size: number,
  path: readonly Bytes[],
  root: Bytes,
): Promise<void> {
  try {
    await verifyInclusion(leaf, index, size, path, root);
  } catch {
    throw mismatch("a path does not lead there");
  }
}

/** What the parts of the chain refuse with, as check 6 says it. */
async function refusedAs<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, message } = asRefusal(error);
    const kept: readonly Code[] = ["BLOCK_SEALS", "VALIDATORS_NOT_PINNED"];
    if (kept.includes(code)) throw error;
    throw code === "CHAIN_WRONG" ? new Refusal("ANCHOR_CHAIN_MISMATCH", message) : mismatch(message);
  }
}

function asSyntax<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw mismatch(asRefusal(error).message);
  }
}

function mismatch(message: string): Refusal {
  return new Refusal("ANCHOR_PROOF_MISMATCH", message);
}

export function blockFact(hash: Bytes): string {
  return `0x${hex(hash)}`;
}
