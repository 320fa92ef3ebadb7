/**
 * Problems of the HTTP edge (RFC 9457, `application/problem+json`). `type` is the page that explains the problem:
 * `/docs/problems/<slug>`, kept in `docs/problems/`.
 */
import { z } from "zod";

export const problemTypes = {
  "bad-request": { status: 400, title: "The request is not well-formed" },
  unauthenticated: { status: 401, title: "Sign in first" },
  "wrong-credentials": { status: 403, title: "The e-mail or the password is wrong" },
  forbidden: { status: 403, title: "Not allowed" },
  "profile-guarded": { status: 403, title: "This profile asks for its PIN" },
  "not-found": { status: 404, title: "No such thing" },
  "method-not-allowed": { status: 405, title: "This path does not take that method" },
  conflict: { status: 409, title: "The state of things does not allow it" },
  "link-expired": { status: 410, title: "The link is used or has expired" },
  "precondition-failed": { status: 412, title: "Changed by somebody else meanwhile" },
  "body-too-large": { status: 413, title: "The body is too large" },
  "uri-too-long": { status: 414, title: "The address is too long" },
  "misdirected-request": { status: 421, title: "This host is not one of ours" },
  "invalid-events": { status: 422, title: "None of the events could be accepted" },
  "too-many-requests": { status: 429, title: "Too many requests" },
  "headers-too-large": { status: 431, title: "The headers are too large" },
  internal: { status: 500, title: "Something broke on our side" },
  unavailable: { status: 503, title: "A part that this needs is away" },
  overloaded: { status: 503, title: "Too much to do at the moment" },
} as const;

export type ProblemSlug = keyof typeof problemTypes;

export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  /** The request id: quote it to support. */
  instance: z.string().optional(),
  /** What is wrong, where: a path into the request and a sentence. */
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof Problem>;

export function problem(
  slug: ProblemSlug,
  extra: Partial<Pick<Problem, "detail" | "instance" | "errors">> = {},
): Problem {
  const { status, title } = problemTypes[slug];
  return { type: `/docs/problems/${slug}`, title, status, ...extra };
}
