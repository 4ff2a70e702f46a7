/**
 * One renewal of the data at a time. What somebody asks for goes first: it ends what runs, and never
 * waits for a network that may not answer; what nobody asked for gives way.
 */
export class Turns {
  private running: { stop: AbortController; ended: Promise<void> } | undefined;

  /** Run work when its turn comes; `work` ends soon after its signal is aborted. */
  take(work: (signal: AbortSignal) => Promise<void>, isWanted: boolean): Promise<void> {
    const before = this.running;
    if (before !== undefined && !isWanted) return Promise.resolve();
    before?.stop.abort();
    const stop = new AbortController();
    const ended = (before?.ended ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => work(stop.signal))
      .finally(() => {
        if (this.running?.stop === stop) this.running = undefined;
      });
    this.running = { stop, ended };
    return ended;
  }
}

/** Settle as a promise does, unless the signal is aborted first. */
export function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
