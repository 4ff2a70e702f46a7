/**
 * What a block of the chain proves: the contract with the pinned code keeps the batch, and, on QBFT
 * chains, the pinned validators sealed the block.
 *
 * Standard: ERC-7201; EIP-1186; Besu, QbftExtraDataCodec; `licence/formats/{registry_state,qbft}.py`.
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";

import { type Bytes, compare, concat, equal, hex, owned, utf8 } from "./bytes.ts";
import { Refusal } from "./errors.ts";
import type { QbftEvidence, StateProof } from "./evidence.ts";
import { keccak, lookUp, ProofNodes } from "./patricia.ts";
import * as rlp from "./rlp.ts";
import type { Rlp } from "./rlp.ts";
import { MAX_SECONDS } from "./time.ts";
import type { Contract } from "./trust-types.ts";

export { MAX_NODE_BYTES, MAX_NODES } from "./patricia.ts";

const NAMESPACE = 0xfe6519dd57477636225d178802b78b9f46804b3e27f9c18ff9349d88dc332d00n;
const SEQUENCE_SLOT = NAMESPACE;
const HEAD_SLOT = NAMESPACE + 1n;
const BATCHES = NAMESPACE + 5n;
const LOW_64 = 2n ** 64n - 1n;
const MAX_HEADER_BYTES = 8_192;
const MAX_VALIDATORS = 64;
const HEADER_LIMITS = { size: MAX_HEADER_BYTES, depth: 1, items: 26 };
const EXTRA_LIMITS = { size: MAX_HEADER_BYTES, depth: 2, items: 2 * MAX_VALIDATORS + 8 };
const LENGTHS: readonly (readonly [number, number])[] = [
  [0, 32],
  [1, 32],
  [2, 20],
  [3, 32],
  [4, 32],
  [5, 32],
  [6, 256],
  [13, 32],
  [14, 8],
];
const SCALARS: readonly (readonly [number, number])[] = [
  [7, 32],
  [8, 8],
  [9, 8],
  [10, 8],
  [11, 8],
];
const EXTRA = 12;
const EMPTY_UNCLES = keccak(rlp.dumps([]));
const MIX_HASH = "63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365";
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

export interface BatchRecord {
  registry: string;
  authority: string;
  chainId: bigint;
  contract: Bytes;
  root: Bytes;
  size: number;
  manifest: Bytes;
  sequence: bigint;
  blockNumber: bigint;
  blockHash: Bytes;
  blockTime: number;
}

interface Header {
  fields: readonly Bytes[];
  number: bigint;
  time: number;
  stateRoot: Bytes;
}

function readHeader(data: Bytes): Header {
  const fields = rlp.strings(rlp.loads(data, HEADER_LIMITS));
  if (fields.length < 15 || fields.length > 25) throw header("another number of fields");
  if (LENGTHS.some(([at, length]) => fields[at]?.length !== length)) throw header("another length");
  const numbers = new Map(SCALARS.map(([at, most]) => [at, rlp.scalar(fields[at], most)]));
  const seconds = Number(numbers.get(11));
  if (seconds < 1 || seconds > MAX_SECONDS) throw header("no block has such a time");
  return {
    fields,
    number: numbers.get(8) as bigint,
    time: seconds,
    stateRoot: fields[3] as Bytes,
  };
}

/** Verify the state of the record's own block: the eighth item of `witness-v1`. */
export function checkState(
  state: StateProof,
  record: BatchRecord,
  contract: Contract | undefined,
): void {
  const found = readHeader(state.header);
  const isSame = found.number === record.blockNumber && equal(keccak(state.header), record.blockHash);
  if (!isSame || found.time !== record.blockTime) throw header("not of the record's block");
  const [batch] = readStorage(found.stateRoot, state, contract, [batchSlot(record)], state.slotProof);
  checkBatch(record, batch as bigint);
}

/** Verify `qbft-v1`: the sealed header, and the contract's storage in its state. Returns how many sealed. */
export function checkSealed(
  evidence: QbftEvidence,
  contract: Contract | undefined,
  pinned: readonly Bytes[],
): number {
  const { record } = evidence;
  const found = readHeader(evidence.header);
  const [seals, hash] = sealsOf(found, pinned);
  // The header is of the record's block, not older than the anchoring.
  const isSame = found.number === record.blockNumber && equal(hash, record.blockHash);
  if (!isSame || found.time < record.blockTime) throw header("the header is of another block");
  const slot = batchSlot(record);
  const [batch] = readStorage(found.stateRoot, evidence, contract, [slot], evidence.slotProof);
  checkBatch(record, batch as bigint);
  if (evidence.headProof !== undefined) {
    const nodes = [...evidence.slotProof, ...evidence.headProof];
    readStorage(found.stateRoot, evidence, contract, [slot, SEQUENCE_SLOT, HEAD_SLOT], nodes);
  }
  return seals;
}

// ---------------------------------------------------------------- the contract's storage

function readStorage(
  stateRoot: Bytes,
  proof: StateProof,
  contract: Contract | undefined,
  slots: readonly bigint[],
  nodes: readonly Bytes[],
): readonly bigint[] {
  if (contract === undefined) throw wrong("a contract that is not pinned");
  const accounts = new ProofNodes(proof.accountProof);
  const account = lookUp(stateRoot, keccak(contract.address), accounts);
  accounts.end();
  if (account === undefined) throw wrong("no contract stands at the address");
  const items = rlp.strings(rlp.loads(account, { size: 200, depth: 1, items: 5 }));
  if (items.length !== 4 || items[2]?.length !== 32) throw new Refusal("TRIE_PROOF", "not an account");
  if (!equal(items[3] as Bytes, contract.codeHash)) throw wrong("another contract stands there");
  const storage = new ProofNodes(nodes);
  const values = slots.map((slot) => slotValue(items[2] as Bytes, slot, storage));
  storage.end();
  return values;
}

function slotValue(root: Bytes, slot: bigint, nodes: ProofNodes): bigint {
  const found = lookUp(root, keccak(word(slot)), nodes);
  if (found === undefined) return 0n;
  const number = rlp.scalar(rlp.loads(found, { size: 33, depth: 0, items: 1 }), 32);
  if (number === 0n) throw new Refusal("TRIE_PROOF", "a slot that holds nothing stands in the state");
  return number;
}

function batchSlot(record: BatchRecord): bigint {
  const key = keccak(concat(record.root, word(BigInt(record.size)), record.manifest));
  const authority = new Uint8Array(32);
  authority.set(utf8(record.authority));
  return mapped(key, mapped(authority, BATCHES));
}

function mapped(key: Bytes, slot: bigint): bigint {
  return BigInt(`0x${hex(keccak(concat(key, word(slot))))}`);
}

function word(number: bigint): Bytes {
  const data = rlp.fromScalar(number);
  return concat(new Uint8Array(32 - data.length), data);
}

function checkBatch(record: BatchRecord, value: bigint): void {
  const [seconds, sequence] = [value & LOW_64, value >> 64n];
  if (seconds !== BigInt(record.blockTime) || sequence !== record.sequence) {
    throw new Refusal("TRIE_PROOF", "the contract keeps another time or number for the batch");
  }
}

// ---------------------------------------------------------------- seals

/** Return how many pinned validators sealed a header, and its block hash; BLOCK_SEALS. */
function sealsOf(found: Header, pinned: readonly Bytes[]): [number, Bytes] {
  const { fields } = found;
  const alike =
    equal(fields[1] as Bytes, EMPTY_UNCLES) &&
    hex(fields[7] as Bytes) === "01" &&
    hex(fields[13] as Bytes) === MIX_HASH &&
    hex(fields[14] as Bytes) === "00".repeat(8);
  if (!alike) throw header("not a QBFT block");
  const extra = readExtra(fields[EXTRA] as Bytes);
  const known = new Set(pinned.map(hex));
  if (known.size === 0 || known.size !== pinned.length || known.size > MAX_VALIDATORS) {
    throw seal("no validators are pinned, or one twice");
  }
  const listed = extra.validators.map(hex);
  if (listed.length !== known.size || new Set([...listed, ...known]).size !== known.size) {
    throw seal("the header has another list of validators");
  }
  if (!known.has(hex(fields[2] as Bytes))) throw seal("no pinned validator made the block");
  const commit = digestWith(fields, [extra.vanity, extra.validators, extra.vote, extra.round, []]);
  const quorum = Math.floor((2 * known.size + 2) / 3);
  if (extra.seals.length < quorum || extra.seals.length > known.size) throw seal("too few seals");
  const signers = extra.seals.map((one) => recover(commit, one));
  if (signers.some((one) => !known.has(hex(one)))) throw seal("a seal of somebody who is not pinned");
  if (signers.some((one, at) => at > 0 && compare(signers[at - 1] as Bytes, one) >= 0)) {
    throw seal("seals do not ascend by who made them");
  }
  const shown = [extra.vanity, extra.validators, extra.vote, new Uint8Array(), []];
  return [signers.length, digestWith(fields, shown)];
}

interface Extra {
  vanity: Bytes;
  validators: readonly Bytes[];
  vote: readonly Bytes[];
  round: Bytes;
  seals: readonly Bytes[];
}

function readExtra(data: Bytes): Extra {
  const value = rlp.loads(data, EXTRA_LIMITS);
  if (value instanceof Uint8Array || value.length !== 5) throw header("extraData is no list of five");
  const [vanity, validators, vote, round, seals] = value as [Rlp, Rlp, Rlp, Rlp, Rlp];
  if (!(vanity instanceof Uint8Array) || vanity.length !== 32) throw header("vanity");
  if (!(round instanceof Uint8Array)) throw header("round");
  rlp.scalar(round, 4);
  const addresses = rlp.strings(validators);
  const voted = rlp.strings(vote);
  const isVote = voted.length === 2 && voted[0]?.length === 20 && ["ff", ""].includes(hex(voted[1] as Bytes));
  if (voted.length !== 0 && !isVote) throw header("a vote adds or drops one validator");
  if (addresses.some((one) => one.length !== 20)) throw header("an address of another length");
  return { vanity, validators: addresses, vote: voted, round, seals: rlp.strings(seals) };
}

function digestWith(fields: readonly Bytes[], extra: Rlp): Bytes {
  return keccak(rlp.dumps([...fields.slice(0, EXTRA), rlp.dumps(extra), ...fields.slice(EXTRA + 1)]));
}

/** Return the address of the key that made a seal: r || s || v, v 0 or 1, s in the lower half. */
function recover(digest: Bytes, signature: Bytes): Bytes {
  const v = signature.at(-1);
  if (signature.length !== 65 || v === undefined || v > 1) throw seal("a seal is r || s || v");
  const s = BigInt(`0x${hex(signature.subarray(32, 64))}`);
  if (s < 1n || s > ORDER / 2n) throw seal("a seal whose s is not in the lower half");
  try {
    const made = secp256k1.Signature.fromBytes(signature.subarray(0, 64), "compact").addRecoveryBit(v);
    const key = made.recoverPublicKey(digest).toBytes(false);
    return keccak(owned(key.subarray(1))).slice(-20);
  } catch {
    throw seal("a seal that no key can have made");
  }
}

function header(message: string): Refusal {
  return new Refusal("BLOCK_HEADER", message);
}

function seal(message: string): Refusal {
  return new Refusal("BLOCK_SEALS", message);
}

function wrong(message: string): Refusal {
  return new Refusal("CHAIN_WRONG", message);
}
