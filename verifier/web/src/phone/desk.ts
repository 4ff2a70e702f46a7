/**
 * What the page does, without its looks: holds the verified pack, updates it, checks codes and files,
 * asks questions. Every check loads nothing from the network.
 */
import { type Bytes, equal } from "../core/bytes.ts";
import { isCopy } from "../core/copy.ts";
import { asRefusal, Refusal } from "../core/errors.ts";
import type { Memory } from "../core/memory.ts";
import { encodeQuestion, newQuestion, type Question, readQuestion } from "../core/qr.ts";
import { writeText } from "../core/qr-text.ts";
import type { ReportJson } from "../core/report.ts";
import type { Seconds } from "../core/time.ts";
import { loadTrust, type TrustFiles, type TrustStore } from "../core/trust.ts";
import { verifyCopyFile } from "../core/verify-copy.ts";
import { verifyPdf } from "../core/verify-pdf.ts";
import { type Ask, INSPECTOR, type Policy, STRICT, verifyQr } from "../core/verify-qr.ts";
import { packFiles } from "./pack.ts";
import { PhoneStore } from "./store.ts";
import { unlessAborted } from "./turns.ts";
import { collect, keep, MAX_PACK_BYTES, type Progress, servedAt } from "./update.ts";

const SERVED = "/v1/trust";
/** How far a clock may be behind before it is suspect; as the status check has it. */
const CLOCK_SKEW = 60;
const TTL = 3600;

export type Standing = "none" | "refused" | "clock" | "stale" | "ageing" | "fresh";

export interface Shown {
  standing: Standing;
  trust: TrustStore | undefined;
  refusal: Refusal | undefined;
  updatedAt: Seconds | undefined;
}

export interface OpenQuestion {
  text: string;
  question: Question;
}

export class Desk {
  private trust: TrustStore | undefined;
  private refusal: Refusal | undefined;
  private updatedAt: Seconds | undefined;
  private newestClock: Seconds | undefined;
  /** The change of packs under way, and how many began: the files of a check must be of one pack. */
  private changing: Promise<void> = Promise.resolve();
  private changes = 0;

  private constructor(
    readonly store: PhoneStore,
    private readonly clock: () => Seconds,
    private readonly served: TrustFiles,
  ) {}

  /** Open the phone's store and verify the pack that lies in it. */
  static async open(
    clock: () => Seconds = () => Date.now() / 1000,
    store?: PhoneStore,
    served: TrustFiles = servedAt(SERVED),
  ): Promise<Desk> {
    const desk = new Desk(store ?? (await PhoneStore.open()), clock, served);
    await desk.load();
    return desk;
  }

  /** Verify what is stored; until that is done, what was verified before is what we have. */
  private async load(): Promise<void> {
    const updatedAt = await this.store.get("updatedAt");
    this.newestClock = await this.store.sawClock(this.clock());
    const paths = await this.store.paths();
    let trust: TrustStore | undefined;
    let refusal: Refusal | undefined;
    try {
      if (paths.length > 0) {
        trust = await loadTrust(this.store.files(), await this.store.memory());
        await this.store.learn(trust.memory);
      }
    } catch (error) {
      trust = undefined;
      refusal = asRefusal(error);
    }
    this.trust = trust;
    this.refusal = refusal;
    this.updatedAt = updatedAt;
  }

  /** Change what is stored, and load it: one change at a time. */
  private change(work: () => Promise<void>): Promise<void> {
    this.changes += 1;
    const changed = this.changing.then(work).then(() => this.load());
    this.changing = changed.catch(() => undefined);
    return changed;
  }

  /** Check with one pack: what ran across a change of packs has seen files of both, and runs again. */
  private async steady<T>(check: () => Promise<T>): Promise<T> {
    for (;;) {
      await this.changing;
      const before = this.changes;
      try {
        const found = await check();
        if (this.changes === before) return found;
      } catch (error) {
        if (this.changes === before) throw error;
      }
    }
  }

  /** Say how the stored data stand at this moment. */
  shown(): Shown {
    const { trust, refusal, updatedAt } = this;
    return { standing: this.standing(), trust, refusal, updatedAt };
  }

  private standing(): Standing {
    const { trust } = this;
    if (trust === undefined) return this.refusal === undefined ? "none" : "refused";
    const now = this.clock();
    const newest = Math.max(trust.newestSignedTime, trust.memory.newestSignedTime, this.newestClock ?? 0);
    if (now + CLOCK_SKEW < newest) return "clock";
    if (now > trust.metadataExpiresAt) return "stale";
    return now > trust.issuedAt + TTL ? "ageing" : "fresh";
  }

  /** Fetch the newest pack from the service: TRUST_UNAVAILABLE or TRUST_BUNDLE_REFUSED. */
  async update(progress?: Progress, signal?: AbortSignal): Promise<void> {
    await this.take(signal === undefined ? this.served : served(this.served, signal), progress, signal);
  }

  /** Take a pack from a file; TRUST_BUNDLE_REFUSED for what is none, or too large to be one. */
  async importPack(file: Blob, progress?: Progress): Promise<void> {
    if (file.size > MAX_PACK_BYTES) throw new Refusal("TRUST_BUNDLE_REFUSED", "no pack is that large");
    await this.take(packFiles(new Uint8Array(await file.arrayBuffer())), progress);
  }

  private async take(fresh: TrustFiles, progress?: Progress, signal?: AbortSignal): Promise<void> {
    const memory = await this.store.memory();
    const stored = this.trust === undefined ? undefined : this.store.files();
    const update = await collect(fresh, stored, memory, progress);
    signal?.throwIfAborted();
    await this.change(async () => {
      try {
        await keep(this.store, update, this.clock());
      } catch (error) {
        throw new Refusal("STORE_FAILED", asRefusal(error).message);
      }
    });
  }

  /** Erase all that the page keeps, its memory too. */
  async erase(): Promise<void> {
    await this.change(() => this.store.erase());
  }

  // ---------------------------------------------------------------- checks

  /** Check the text of a code. */
  async checkText(text: string, spoken: { challenge?: string } = {}): Promise<ReportJson> {
    const question = await this.question();
    const ask: Ask = { ...(await this.ask()), ...spoken, ...(question && { question }) };
    const report = await this.judged(text, ask);
    if (question === undefined || !isAnswered(report)) return report;
    // A question takes one answer, in whichever tab it comes first.
    const taken = await this.store.takeQuestion();
    if (taken !== undefined && equal(taken, encodeQuestion(question))) return report;
    const { question: _, ...without } = ask;
    return this.judged(text, without);
  }

  private async judged(text: string, ask: Ask): Promise<ReportJson> {
    const check = async () => verifyQr(text, this.believed(), await this.memory(), ask);
    const { report, memory } = await this.steady(check);
    await this.store.learn(memory);
    return report;
  }

  /** Check a licence file, or a limited copy, as far as a phone can. */
  async checkFile(data: Bytes): Promise<ReportJson> {
    const verify = isCopy(data) ? verifyCopyFile : verifyPdf;
    const check = async () => verify(data, this.believed(), await this.memory(), await this.ask());
    const found = await this.steady(check);
    await this.store.learn(found.memory);
    return found.report;
  }

  private believed(): TrustStore {
    if (this.trust === undefined) throw new Refusal("TRUST_UNAVAILABLE", "no verification data");
    return this.trust;
  }

  private async memory(): Promise<Memory> {
    return this.store.memory();
  }

  private async ask(): Promise<Ask> {
    const now = this.clock();
    const before = await this.store.sawClock(now);
    this.newestClock = before;
    return { now, policy: await this.policy(), ...(before === undefined ? {} : { newestClock: before }) };
  }

  async policy(): Promise<Policy> {
    return (await this.store.get("profile")) === INSPECTOR.name ? INSPECTOR : STRICT;
  }

  // ---------------------------------------------------------------- our question

  /** Make a question and keep it until it is answered or ends. */
  async askHolder(audience: string, purpose: string, origin: string): Promise<OpenQuestion> {
    const question = newQuestion(audience, purpose, this.clock());
    await this.store.set("question", encodeQuestion(question));
    await this.store.set("audience", audience);
    return { question, text: textOf(question, origin) };
  }

  async openQuestion(origin: string): Promise<OpenQuestion | undefined> {
    const question = await this.question();
    return question && { question, text: textOf(question, origin) };
  }

  async dropQuestion(): Promise<void> {
    await this.store.set("question", undefined);
  }

  private async question(): Promise<Question | undefined> {
    const data = await this.store.get("question");
    return data === undefined ? undefined : readQuestion(new Uint8Array(data));
  }
}

function isAnswered(report: ReportJson): boolean {
  const holder = report.checks.find((check) => check.name === "holder");
  return holder?.state === "passed" && "audience" in holder.facts;
}

function textOf(question: Question, origin: string): string {
  return writeText({ kind: "Q1", data: encodeQuestion(question) }, `${origin.toUpperCase()}/V`);
}

/** The same files, until nobody waits for them any more. */
function served(files: TrustFiles, signal: AbortSignal): TrustFiles {
  return { get: (path, limit) => unlessAborted(signal, files.get(path, limit)) };
}
