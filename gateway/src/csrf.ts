/**
 * A second lock against another site's requests, beside the Origin check: a request that changes something and leans on
 * a session's cookie carries, in a header that no other site can set, a value that no other site can read. It is made of
 * the session's token, so that it costs no store, is worth nothing with another session, and changes when the token does.
 * The token itself is not to be had from it. `GET /api/v1/session` says it, and so does every answer that brings a token.
 */
import { createHash, timingSafeEqual } from "node:crypto";

export const CSRF_HEADER = "x-csrf-token";

export const csrfTokenOf = (sessionToken: string): string =>
  createHash("sha256").update(`csrf\0${sessionToken}`).digest("base64url");

export function isCsrfToken(given: string | null, sessionToken: string): boolean {
  if (given === null) return false;
  const expected = Buffer.from(csrfTokenOf(sessionToken));
  const actual = Buffer.from(given);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}
