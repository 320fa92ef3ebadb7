/**
 * The session's cookie. `__Host-` binds it to one host, TLS and the root path. On plain http at a loopback name the
 * browser would drop such a cookie, so there, and only there, one of another name is used. A proxy that ends TLS in
 * front of us needs no header for this: its host is not a loopback name.
 */
import type { Context } from "hono";

const SECURE_NAME = "__Host-session";
const DEVELOPMENT_NAME = "thewatcher-dev-session";
/** The browsers' own cap. How long a session lives is the server's to say. */
const MAX_AGE_SECONDS = 400 * 86_400;

const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i;

function isPlainLoopback(url: string): boolean {
  if (!url.startsWith("http://")) return false;
  const end = url.indexOf("/", 7);
  return LOOPBACK.test(end < 0 ? url.slice(7) : url.slice(7, end));
}

const nameFor = (c: Context) => (isPlainLoopback(c.req.raw.url) ? DEVELOPMENT_NAME : SECURE_NAME);

/** The token that the browser sent, if any. */
export function sessionTokenOf(c: Context): string | undefined {
  const header = c.req.raw.headers.get("cookie");
  if (header === null) return undefined;
  const prefix = `${nameFor(c)}=`;
  for (const pair of header.split(";")) {
    const cookie = pair.trim();
    if (cookie.startsWith(prefix)) return cookie.slice(prefix.length);
  }
  return undefined;
}

export function setSessionCookie(c: Context, token: string): void {
  c.header("set-cookie", sessionCookieOf(c, token), { append: true });
}

/** The header's value. */
export const sessionCookieOf = (c: Context, token: string): string => cookieOf(c, token, MAX_AGE_SECONDS);

export function clearSessionCookie(c: Context): void {
  c.header("set-cookie", cookieOf(c, "", 0), { append: true });
}

function cookieOf(c: Context, value: string, maxAgeSeconds: number): string {
  const name = nameFor(c);
  const secure = name === SECURE_NAME ? "; Secure" : "";
  return `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`;
}
