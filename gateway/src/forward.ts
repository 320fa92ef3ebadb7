/**
 * A request on its way to a service: the same path and body under a new set of headers. Headers pass by a list, so that
 * nothing a client sends can look like something that only the gateway says. The body is handed on as a stream.
 */
import { problem } from "@thewatcher/contracts/problems";
import { ProblemError, REQUEST_ID_HEADER } from "@thewatcher/kit/http";

export type Service = (request: Request) => Promise<Response> | Response;

const PASSED_HEADERS = [
  "accept",
  "accept-language",
  "content-encoding",
  "content-length",
  "content-type",
  "if-none-match",
] as const;

/** The profile that a machine writes events for. */
export const PROFILE_HEADER = "x-profile-id";

export async function forward(
  service: Service,
  original: Request,
  stamped: {
    readonly token: string;
    readonly requestId: string;
    /** Passed on for machines only: for a viewer the session says which profile. */
    readonly profileHeader: string | null;
  },
): Promise<Response> {
  const headers = new Headers();
  for (const name of PASSED_HEADERS) {
    const value = original.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  headers.set("authorization", `Bearer ${stamped.token}`);
  headers.set(REQUEST_ID_HEADER, stamped.requestId);
  if (stamped.profileHeader !== null) headers.set(PROFILE_HEADER, stamped.profileHeader);
  const { method, url } = original;
  // A GET has no body, and asking the server for one makes it build the whole request.
  const request =
    method === "GET" || method === "HEAD"
      ? new Request(url, { method, headers })
      : new Request(url, { method, headers, body: original.body, duplex: "half" });
  try {
    return await service(request);
  } catch (cause) {
    throw new ProblemError(problem("unavailable"), cause);
  }
}

/** Sets headers that the answer does not have yet, also on an answer that came over the network and is read-only. */
export function withDefaults(response: Response, defaults: Readonly<Record<string, string>>): Response {
  const missing = Object.entries(defaults).filter(([name]) => !response.headers.has(name));
  try {
    for (const [name, value] of missing) response.headers.set(name, value);
    return response;
  } catch {
    const headers = new Headers(response.headers);
    for (const [name, value] of missing) headers.set(name, value);
    return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
  }
}
