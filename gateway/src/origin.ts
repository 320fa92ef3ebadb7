/**
 * Cross-site request forgery: a request that changes something and leans on the browser's cookie must come from a page
 * of this host. Browsers send `Origin` with every such request, so its absence beside a session's cookie is a refusal
 * too. A machine's token is never sent by a browser on its own: it needs no check.
 */
import type { Context } from "hono";

const SAFE_METHODS: readonly string[] = ["GET", "HEAD", "OPTIONS"];
export const isSafeMethod = (method: string): boolean => SAFE_METHODS.includes(method);

/** Why the request is refused, or undefined. */
export function originRefusal(c: Context, hasSessionCookie: boolean): string | undefined {
  const { method, headers, url } = c.req.raw;
  if (isSafeMethod(method)) return undefined;
  const origin = headers.get("origin");
  if (origin === null) return hasSessionCookie ? "A request with a session's cookie must carry Origin." : undefined;
  const host = headers.get("host") ?? new URL(url).host;
  const originHost = URL.canParse(origin) ? new URL(origin).host : "";
  return originHost === host.toLowerCase() ? undefined : `Origin must be this host (${host}).`;
}
