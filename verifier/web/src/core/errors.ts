/** The one error of this folder: a permanent code of `licence/errors.py` and an English reason. */
export type Code = string;

export class Refusal extends Error {
  constructor(
    readonly code: Code,
    message: string,
  ) {
    super(message);
    this.name = "Refusal";
  }
}

/** Return the refusal that something threw; what is none was not foreseen, and is `INTERNAL`. */
export function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  return new Refusal("INTERNAL", error instanceof Error ? error.message : String(error));
}

/** Run `work`, and say `code` for whatever it refuses. */
export async function refusedAs<T>(code: Code, message: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch {
    throw new Refusal(code, message);
  }
}
