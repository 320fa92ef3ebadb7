/**
 * A service of ours over HTTP, called like the app itself: `(request) => Promise<Response>`. Several processes may offer
 * it; requests go round robin over kept-alive connections, and one process that is gone costs its callers nothing but the
 * look at the next one.
 *
 * What is sent again, and when: where no connection came about, anything (nobody saw it); where the connection ended, or
 * an attempt took more than its share of the deadline, only what may be done twice: safe methods, and what the caller
 * says is idempotent. An address that failed is left out while another is there: for a second, and for longer each time.
 *
 * Each attempt says how many milliseconds it has (deadline.ts); a request that says itself how long its sender waits has no
 * more than that.
 *
 * On `node:http`, not `fetch`: it tells a connection that was refused from one that broke, and costs half of the time.
 */
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, Agent as TlsAgent } from "node:https";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import type { Clock } from "./clock.ts";
import { deadlineHeader, msLeftOf } from "./deadline.ts";

export interface HttpService extends AsyncDisposable {
  fetch(request: Request): Promise<Response>;
  /** Ends the kept connections; requests under way fail. */
  close(): Promise<void>;
}

export interface HttpServiceOptions {
  /** For messages. */
  readonly name: string;
  /** Origins, tried in turn: `http://10.0.0.1:8080`. At least one. */
  readonly urls: readonly string[];
  readonly clock: Clock;
  /** For an answer, whole, over all attempts. */
  readonly deadlineMs: number;
  /** Beside GET and HEAD: a request that may be done twice. */
  readonly isIdempotent?: (request: Request) => boolean;
  /** Set on each request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** More only queue inside the service. */
const CONNECTIONS_MAX = 128;
/** Below the five seconds after which a server of ours closes an idle connection: whoever closes first can't lose a request. */
const IDLE_MS_MAX = 4_000;
const CONNECT_MS_MAX = 1_000;
/** A larger body, or one that does not say its size, is sent as it comes, and then only once. */
const REPEATED_BODY_BYTES_MAX = 4 * 1024 * 1024;
/** Of an answer, held whole: a slice of the catalogue has 1 MB. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
/** How long an address that failed is left out while there is another; doubled each time, until it answers again. */
const AVOIDED_MS_MIN = 1_000;
const AVOIDED_MS_MAX = 30_000;

/** They belong to one connection, not to the message. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
/** Statuses whose answers have no body: `Response` refuses one. */
const BODILESS = new Set([101, 204, 205, 304]);

interface Endpoint {
  readonly origin: URL;
  readonly send: typeof httpRequest;
  readonly agent: Agent;
  /** Since it last answered. */
  failures: number;
  avoidedUntilMs: number;
}

/** `seen`: a connection stood, so that somebody may have read the request. */
class AttemptError extends Error {
  readonly seen: boolean;
  constructor(message: string, seen: boolean, cause: unknown) {
    super(message, { cause });
    this.seen = seen;
  }
}

export function createHttpService(options: HttpServiceOptions): HttpService {
  const { name, clock, deadlineMs, isIdempotent = () => false } = options;
  const endpoints = options.urls.map((url): Endpoint => {
    const origin = new URL(url);
    const pool = { keepAlive: true, maxSockets: CONNECTIONS_MAX, timeout: IDLE_MS_MAX, scheduling: "lifo" } as const;
    return origin.protocol === "https:"
      ? { origin, send: httpsRequest as typeof httpRequest, agent: new TlsAgent(pool), failures: 0, avoidedUntilMs: 0 }
      : { origin, send: httpRequest, agent: new Agent(pool), failures: 0, avoidedUntilMs: 0 };
  });
  let turn = 0;

  /** From the next one in turn; those that failed a moment ago come last. */
  function inTurn(): readonly Endpoint[] {
    const start = turn++ % endpoints.length;
    const order = [...endpoints.slice(start), ...endpoints.slice(0, start)];
    const nowMs = clock.monotonicMs();
    return [
      ...order.filter(({ avoidedUntilMs }) => avoidedUntilMs <= nowMs),
      ...order.filter(({ avoidedUntilMs }) => avoidedUntilMs > nowMs),
    ];
  }

  async function call(request: Request): Promise<Response> {
    const body = await bodyOf(request);
    const mayRepeat = !(body instanceof Readable) && (isSafe(request.method) || isIdempotent(request));
    const headers = headersOf(request, body, options.headers);
    const { pathname, search } = new URL(request.url);
    const endsMs = clock.monotonicMs() + Math.min(deadlineMs, msLeftOf(request.headers) ?? deadlineMs);
    const order = inTurn();
    let failure: unknown;
    for (const [index, endpoint] of order.entries()) {
      const leftMs = endsMs - clock.monotonicMs();
      if (leftMs <= 0) break;
      const othersLeft = order.length - index - 1;
      // Half of what is left where another one may still answer.
      const timeoutMs = mayRepeat && othersLeft > 0 ? leftMs / 2 : leftMs;
      try {
        const response = await attempt(endpoint, {
          method: request.method,
          path: pathname + search,
          headers: { ...headers, ...deadlineHeader(timeoutMs) },
          body,
          timeoutMs,
        });
        endpoint.failures = 0;
        return response;
      } catch (error) {
        failure = error;
        const avoidedMs = Math.min(AVOIDED_MS_MAX, AVOIDED_MS_MIN * 2 ** endpoint.failures++);
        endpoint.avoidedUntilMs = clock.monotonicMs() + avoidedMs;
        const seen = !(error instanceof AttemptError) || error.seen;
        if (body instanceof Readable || (seen && !mayRepeat)) break;
      }
    }
    throw new Error(`${name}: ${failure instanceof Error ? failure.message : `no answer within ${deadlineMs} ms`}`, {
      cause: failure,
    });
  }

  const close = async (): Promise<void> => {
    for (const { agent } of endpoints) agent.destroy();
  };
  return { fetch: call, close, [Symbol.asyncDispose]: close };
}

const isSafe = (method: string): boolean => method === "GET" || method === "HEAD";

async function bodyOf(request: Request): Promise<Buffer | Readable | undefined> {
  if (!request.body) return undefined;
  const length = Number(request.headers.get("content-length") ?? Number.NaN);
  if (!(length <= REPEATED_BODY_BYTES_MAX)) return Readable.fromWeb(request.body as ReadableStream<Uint8Array>);
  return Buffer.from(await request.arrayBuffer());
}

function headersOf(
  request: Request,
  body: Buffer | Readable | undefined,
  own: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of request.headers) if (!HOP_BY_HOP.has(name) && name !== "host") headers[name] = value;
  if (Buffer.isBuffer(body)) headers["content-length"] = String(body.byteLength);
  return Object.assign(headers, own);
}

interface Sending {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | Readable | undefined;
  readonly timeoutMs: number;
}

function attempt({ origin, send, agent }: Endpoint, sending: Sending): Promise<Response> {
  return new Promise((resolve, reject) => {
    let connected = false;
    const where = origin.host;
    const outgoing: ClientRequest = send({
      protocol: origin.protocol,
      hostname: origin.hostname.replace(/^\[|\]$/g, ""),
      port: origin.port,
      agent,
      method: sending.method,
      path: sending.path,
      headers: sending.headers,
    });
    const fail = (what: string, cause?: unknown): void => {
      clearTimeout(late);
      clearTimeout(unconnected);
      reject(new AttemptError(`${where}: ${what}`, connected, cause));
      outgoing.destroy();
    };
    const late = setTimeout(() => fail(`no answer within ${Math.round(sending.timeoutMs)} ms`), sending.timeoutMs);
    const unconnected = setTimeout(
      () => !connected && fail(`no connection within ${CONNECT_MS_MAX} ms`),
      Math.min(CONNECT_MS_MAX, sending.timeoutMs),
    );
    outgoing.on("socket", (socket) => {
      if (!socket.connecting) connected = true;
      else socket.once("connect", () => (connected = true));
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.message, error));
    outgoing.on("response", (incoming) => {
      readAnswer(incoming).then(
        (response) => {
          clearTimeout(late);
          clearTimeout(unconnected);
          resolve(response);
        },
        (error: unknown) => fail(error instanceof Error ? error.message : String(error), error),
      );
    });
    if (sending.body instanceof Readable) {
      sending.body.on("error", (error) => fail(`the request's body ended: ${error.message}`, error));
      sending.body.pipe(outgoing);
    } else {
      outgoing.end(sending.body);
    }
  });
}

async function readAnswer(incoming: IncomingMessage): Promise<Response> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > ANSWER_BYTES_MAX) throw new Error(`an answer of more than ${ANSWER_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  const headers = new Headers();
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    const name = incoming.rawHeaders[i] as string;
    if (!HOP_BY_HOP.has(name.toLowerCase())) headers.append(name, incoming.rawHeaders[i + 1] as string);
  }
  const status = incoming.statusCode ?? 502;
  const body = BODILESS.has(status) ? null : chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  return new Response(body ?? null, { status, headers });
}
