/**
 * The cookies of a session and of a device that is known to an account. `__Host-` binds one to its host, TLS and the root
 * path. On plain http at a loopback name the browser would drop such a cookie, so there, and only there, one of another
 * name is used. A proxy that ends TLS in front of us needs no header for this: its host is not a loopback name.
 */
import type { Context } from "hono";
import { CSRF_HEADER, csrfTokenOf } from "./csrf.ts";
import { isLoopbackName } from "./hosts.ts";

const SESSION = { secure: "__Host-session", development: "thewatcher-dev-session" };
const DEVICE = { secure: "__Host-device", development: "thewatcher-dev-device" };
type Name = typeof SESSION;
/** The browsers' own cap. How long a session lives is the server's to say. */
const MAX_AGE_SECONDS = 400 * 86_400;

function isPlainLoopback(url: string): boolean {
  if (!url.startsWith("http://")) return false;
  const end = url.indexOf("/", 7);
  const authority = end < 0 ? url.slice(7) : url.slice(7, end);
  return isLoopbackName(authority.replace(/:\d+$/, "").toLowerCase());
}

const nameFor = (c: Context, name: Name) => (isPlainLoopback(c.req.raw.url) ? name.development : name.secure);

/**
 * What the browser sent under the name, if anything. Two that differ are none: one of them was put there by somebody else
 * (another port of a development machine; `__Host-` lets nobody), and the order says nothing of whose is whose.
 */
function cookieNamed(c: Context, name: Name): string | undefined {
  const header = c.req.raw.headers.get("cookie");
  if (header === null) return undefined;
  const prefix = `${nameFor(c, name)}=`;
  let value: string | undefined;
  for (const pair of header.split(";")) {
    const cookie = pair.trim();
    if (!cookie.startsWith(prefix)) continue;
    const found = cookie.slice(prefix.length);
    if (value !== undefined && value !== found) return undefined;
    value = found;
  }
  return value;
}

/** The token that the browser sent, if any. */
export const sessionTokenOf = (c: Context): string | undefined => cookieNamed(c, SESSION);
export const deviceCookieOf = (c: Context): string | undefined => cookieNamed(c, DEVICE);

/** The cookie, and beside it what its requests have to carry. */
export function setSessionCookie(c: Context, token: string): void {
  c.header("set-cookie", sessionCookieOf(c, token), { append: true });
  c.header(CSRF_HEADER, csrfTokenOf(token));
}

/** The header's value. */
export const sessionCookieOf = (c: Context, token: string): string => cookieOf(c, SESSION, token, MAX_AGE_SECONDS);

export function clearSessionCookie(c: Context): void {
  c.header("set-cookie", cookieOf(c, SESSION, "", 0), { append: true });
}

export function setDeviceCookie(c: Context, secret: string): void {
  c.header("set-cookie", cookieOf(c, DEVICE, secret, MAX_AGE_SECONDS), { append: true });
}

function cookieOf(c: Context, name: Name, value: string, maxAgeSeconds: number): string {
  const full = nameFor(c, name);
  const secure = full === name.secure ? "; Secure" : "";
  return `${full}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`;
}
