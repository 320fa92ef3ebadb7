/**
 * What browsers are told about our answers. An answer of the API is data: nothing in it may be loaded or framed. A page
 * runs only scripts that carry this answer's nonce, and what those load themselves: text that finds its way into a page
 * is not a script.
 */
import { randomBytes } from "node:crypto";

/** A year. Only said under a public name, where TLS ends in front of us; browsers do not listen to it without TLS. */
export const STRICT_TRANSPORT = { "strict-transport-security": "max-age=31536000; includeSubDomains" };

const COMMON = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "strict-origin-when-cross-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

export const API_HEADERS = {
  ...COMMON,
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

/** Files of the web app: the policy of a script's own file counts where it runs as a worker. */
export const FILE_HEADERS = {
  ...COMMON,
  "content-security-policy": "default-src 'self'; object-src 'none'; frame-ancestors 'none'",
};

/** 128 bits: not to be guessed for the life of a page. */
export const newNonce = (): string => randomBytes(16).toString("base64url");

/** The app draws its own posters and asks only its own host. */
export function pageHeaders(nonce: string): Record<string, string> {
  return {
    ...COMMON,
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "content-security-policy": [
      "default-src 'self'",
      `script-src 'nonce-${nonce}' 'strict-dynamic'`,
      `style-src 'self' 'nonce-${nonce}'`,
      "img-src 'self' data: blob:",
      "media-src 'self' blob:",
      "worker-src 'self' blob:",
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
    ].join("; "),
  };
}

/** The nonce on each script and stylesheet of a page that we built ourselves. */
export const withNonce = (html: string, nonce: string): string =>
  html.replaceAll(/<(script|style|link rel="(?:stylesheet|modulepreload)")(?=[\s>])/g, `<$1 nonce="${nonce}"`);
