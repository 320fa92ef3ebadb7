/** Expected outcomes are values, not exceptions. */
export type Result<Value, Failure> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly failure: Failure };

export const ok = <Value>(value: Value): Result<Value, never> => ({ ok: true, value });
export const fail = <Failure>(failure: Failure): Result<never, Failure> => ({ ok: false, failure });

/**
 * A mistake of the person at the keyboard (a flag, a setting, a file): what is wrong, where, and what is accepted.
 * The command line prints `message` as one line and exits with 2; it never prints a stack for it.
 */
export class UserError extends Error {
  override readonly name = "UserError";
}
