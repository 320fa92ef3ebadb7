/** One address, one spelling: the key by which accounts are found. */
import { refuse } from "../handler.ts";

/** The address as it is kept; ends the handler where it is none. */
export function requireEmail(given: string): string {
  const email = normaliseEmail(given);
  if (email === undefined) throw refuse("bad-request", "email: its domain is none.");
  return email;
}

/**
 * Letters in lower case, the domain as DNS has it (`пример.бел` → `xn--…`). Dots and `+tags` of the local part stay: what
 * they mean is each provider's own matter. Undefined: the domain is none.
 */
export function normaliseEmail(email: string): string | undefined {
  const text = email.trim().normalize("NFKC").toLowerCase();
  const at = text.lastIndexOf("@");
  const domain = domainOf(text.slice(at + 1));
  return at > 0 && domain !== undefined ? `${text.slice(0, at)}@${domain}` : undefined;
}

function domainOf(text: string): string | undefined {
  // What would end a URL's host is not of a domain.
  if (/[/?#\\%:\s]/.test(text) || !URL.canParse(`http://${text}`)) return undefined;
  const { hostname } = new URL(`http://${text}`);
  // Not an address of the network, and a name with a dot in it.
  return /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/.test(hostname) ? hostname : undefined;
}
