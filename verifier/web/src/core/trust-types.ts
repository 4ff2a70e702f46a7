/** What a trust bundle holds (`licence/formats/trust_types.py`): values, and questions about them. */
import type { Bytes } from "./bytes.ts";
import type { Day, Seconds } from "./time.ts";

export type Environment = "test" | "production";

export interface Root {
  name: string;
  certificate: Bytes;
  distrustFrom: Seconds | undefined;
}

export interface TsaRoot extends Root {
  policies: readonly string[];
  testOnly: boolean;
}

export interface Withdrawn {
  sha256: Bytes;
  distrustFrom: Seconds;
}

export interface Contract {
  chainId: number;
  address: Bytes;
  codeHash: Bytes;
  fromBlock: number;
  frozenAt: number | undefined;
  testChain: boolean;
}

export interface Witness {
  name: string;
  key: Bytes;
  fromBlock: number;
  toBlock: number | undefined;
}

export interface ValidatorSet {
  chainId: number;
  fromBlock: number;
  toBlock: number | undefined;
  addresses: readonly Bytes[];
}

export interface Registry {
  id: string;
  contracts: readonly Contract[];
  witnesses: readonly Witness[];
  witnessThreshold: number;
  validators: readonly ValidatorSet[];
}

export interface LogKey {
  name: string;
  key: Bytes;
}

/** Key (P-256) that signs status lists, or QR codes; SubjectPublicKeyInfo DER. */
export interface StatusKey {
  kid: Bytes;
  key: Bytes;
  validFrom: Seconds;
  validTo: Seconds | undefined;
}

export interface Authority {
  id: string;
  name: string;
  licenceTypes: readonly string[];
  industries: readonly string[];
  regions: readonly string[];
  validFrom: Day;
  validTo: Day | undefined;
  accounts: readonly Bytes[];
  logKey: LogKey;
  statusKeys: readonly StatusKey[];
  qrKeys: readonly StatusKey[];
  holderCa: Bytes | undefined;
  listBaseUri: string;
  shards: number;
}

export interface TrustBundle {
  version: number;
  environment: Environment;
  issuedAt: Seconds;
  roots: readonly Root[];
  policies: readonly string[];
  tsaRoots: readonly TsaRoot[];
  withdrawn: readonly Withdrawn[];
  registries: readonly Registry[];
  authorities: readonly Authority[];
}

export function registryOf(bundle: TrustBundle, id: string): Registry | undefined {
  return bundle.registries.find((one) => one.id === id);
}

export function authorityOf(bundle: TrustBundle, id: string): Authority | undefined {
  return bundle.authorities.find((one) => one.id === id);
}

/** Say whether an authority may issue this type in this industry on this day. */
export function mayIssue(authority: Authority, type: string, industry: string, on: Day): boolean {
  return (
    authority.licenceTypes.includes(type) &&
    authority.industries.includes(industry) &&
    authority.validFrom <= on &&
    (authority.validTo === undefined || on <= authority.validTo)
  );
}
