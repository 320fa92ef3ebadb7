/**
 * A mistake of the person at the keyboard (a flag, a setting, a file): what is wrong, where, and what is accepted.
 * The command line prints `message` as one line and exits with 2; it never prints a stack for it.
 */
export class UserError extends Error {
  override readonly name = "UserError";
}
