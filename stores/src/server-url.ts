/** What the adapters of servers share in reading their URLs, and in telling why what lies behind one can't be had. */

/** A user, password or name as it was meant; undefined where a % is no escape. */
export function decodedPart(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** As sockets take it: an address of IPv6 without its brackets. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.+)\]$/, "$1");

/** One line. A name with several addresses fails with one error each, and an empty message of its own. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  const { code } = (error ?? {}) as { readonly code?: unknown };
  const text = error instanceof Error && error.message !== "" ? error.message : String(code ?? error);
  return text.split("\n")[0] as string;
}
