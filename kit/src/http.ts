/**
 * What every HTTP app of ours shares: problem+json answers, bounded JSON bodies, request ids, a server that closes.
 * The apps themselves are Hono apps made by `createX(deps)`; they open and close nothing.
 */
import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { Context, Hono, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { z } from "zod";
import type { Log } from "./log.ts";

/** The shape of RFC 9457; contracts/problems.ts owns the types. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string | undefined;
  readonly instance?: string | undefined;
  readonly errors?: readonly { readonly path: string; readonly message: string }[] | undefined;
}

/** Thrown inside a handler to answer with a problem. `cause` goes to the log, never to the client. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly body: ProblemBody;
  readonly headers: Readonly<Record<string, string>>;
  constructor(body: ProblemBody, cause?: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(body.detail ?? body.title, { cause });
    this.body = body;
    this.headers = headers;
  }
}

export const REQUEST_ID_HEADER = "x-request-id";

export function problemResponse(body: ProblemBody, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), {
    status: body.status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}

/** A caller's own id is kept when it looks like one; else one is made. */
export function requestId(): MiddlewareHandler {
  return async function requestIdMiddleware(c, next) {
    const given = c.req.header(REQUEST_ID_HEADER);
    const id = given && /^[A-Za-z0-9-]{8,64}$/.test(given) ? given : randomUUID();
    c.set("requestId", id);
    await next();
    c.res.headers.set(REQUEST_ID_HEADER, id);
  };
}

/**
 * Ends every failure of an app as problem+json: ProblemError as it says, Hono's own exceptions by their status,
 * anything else as 500 with the cause logged under the request id.
 */
export function handleErrors(
  app: Pick<Hono, "onError" | "notFound">,
  options: { readonly log: Log; readonly notFound: ProblemBody; readonly internal: ProblemBody },
): void {
  app.notFound(() => problemResponse(options.notFound));
  app.onError((error, c) => {
    const instance = c.get("requestId" as never) as string | undefined;
    if (error instanceof ProblemError) {
      if (error.body.status >= 500) options.log.error({ err: error.cause ?? error, instance }, "request failed");
      return problemResponse({ ...error.body, instance }, error.headers);
    }
    if (error instanceof HTTPException) {
      return problemResponse({
        type: "about:blank",
        title: error.message || "Request refused",
        status: error.status,
        instance,
      });
    }
    options.log.error({ err: error, instance, path: c.req.path }, "request failed");
    return problemResponse({ ...options.internal, instance });
  });
}

/**
 * Reads a JSON body of at most `bytesMax`, whatever the headers claim, and parses it by `schema`.
 * Throws ProblemError with `tooLarge` or `malformed` completed by what is wrong and where.
 */
export async function readJson<Schema extends z.ZodType>(
  c: Context,
  schema: Schema,
  options: { readonly bytesMax: number; readonly tooLarge: ProblemBody; readonly malformed: ProblemBody },
): Promise<z.output<Schema>> {
  const text = await readBoundedText(c.req.raw, options.bytesMax);
  if (text === undefined) {
    throw new ProblemError({ ...options.tooLarge, detail: `The body may hold at most ${options.bytesMax} bytes.` });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProblemError({ ...options.malformed, detail: `The body is not JSON: ${(cause as Error).message}` });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new ProblemError({ ...options.malformed, errors: issuesOf(parsed.error) });
  return parsed.data;
}

/** UTF-8 text of a body, or undefined when it holds more than `bytesMax`: counted while read, the header is not believed. */
export async function readBoundedText(request: Request, bytesMax: number): Promise<string | undefined> {
  if (Number(request.headers.get("content-length") ?? 0) > bytesMax) return undefined;
  if (!request.body) return "";
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** zod's issues as the `errors` of a problem, at most 20. */
export function issuesOf(error: z.ZodError): { path: string; message: string }[] {
  return error.issues
    .slice(0, 20)
    .map((issue) => ({ path: issue.path.map(String).join(".") || "(body)", message: issue.message }));
}

export interface RunningServer {
  readonly port: number;
  readonly url: string;
  /** Stops accepting, lets requests under way end for at most `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>;
}

/** While a server closes, connections that became idle are looked for this often. */
const SWEEP_MS = 50;

/** Binds to `hostname:port` (0: a free port). Rejects when the address is taken. */
export function listen(
  app: { fetch: (request: Request, ...rest: never[]) => Response | Promise<Response> },
  options: { readonly hostname: string; readonly port: number },
): Promise<RunningServer> {
  return new Promise((resolve, reject) => {
    const server = serve(
      { fetch: app.fetch as never, hostname: options.hostname, port: options.port },
      (info: AddressInfo) => {
        resolve({
          port: info.port,
          url: `http://${options.hostname === "0.0.0.0" ? "127.0.0.1" : options.hostname}:${info.port}`,
          close: (graceMs) =>
            new Promise((done) => {
              const cut = setTimeout(() => "closeAllConnections" in server && server.closeAllConnections(), graceMs);
              // A connection whose request ends now would be kept alive for the next one.
              const sweep = setInterval(
                () => "closeIdleConnections" in server && server.closeIdleConnections(),
                SWEEP_MS,
              );
              server.close(() => {
                clearTimeout(cut);
                clearInterval(sweep);
                done();
              });
              if ("closeIdleConnections" in server) server.closeIdleConnections();
            }),
        });
      },
    );
    server.once("error", reject);
  });
}
