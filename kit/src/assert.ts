/** Programmer errors. A failed assertion is a bug of ours: the request ends, the process lives on. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Throws `AssertionError` unless `condition` holds. `detail` is computed only on failure. */
export function assert(condition: unknown, message: string, detail?: () => unknown): asserts condition {
  if (condition) return;
  throw new AssertionError(detail ? `${message}: ${JSON.stringify(detail())}` : message);
}

/** For the `default` arm of an exhaustive switch: does not compile while a case is missing. */
export function unreachable(value: never, what: string): never {
  throw new AssertionError(`${what}: unexpected ${JSON.stringify(value)}`);
}
