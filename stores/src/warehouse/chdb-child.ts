/**
 * The embedded warehouse's process: ClickHouse's HTTP interface over the chdb engine, as far as `@clickhouse/client` speaks it.
 *
 * A process of its own because chdb installs signal handlers with which a WebAssembly trap hangs its process for ever,
 * and the engine's kernels are WebAssembly. It lives as long as its parent: when the IPC channel closes, it ends.
 * With `--standalone=<file>` (a StartMessage as JSON) it is a process by itself that SIGTERM ends: the testbed's stand-in
 * for a ClickHouse server, of which no registry has one.
 *
 * Each request gets a session (0.4 ms), so that settings, parameters and temporary tables of one can't reach another.
 * Inserts and queries are admitted separately: slow analysis never holds up the sink. Departures from the server: one
 * user; a statement without a result can't be cancelled, so callers bound it with `max_execution_time`; no sessions
 * over several requests; formats that are one document (JSON, CSVWithNames…) are buffered, row formats stream.
 */
import { randomUUID, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { Session, version } from "chdb";

/** A batch of the sink is at most 32 MiB; eight times that leaves room for a person's own INSERT, and bounds memory. */
const BODY_BYTES_MAX = 256 * 1024 * 1024;
/** Two inserts fill two cores (262k rows/s against 190k with one). */
const INSERTS_MAX = 2;
/** Queries at once; with the inserts they stay below UV_THREADPOOL_SIZE, which the parent sets. */
const QUERIES_MAX = 6;
/** Requests that wait for a place; beyond it the answer is 503, as a server at `max_concurrent_queries` says it. */
const WAITING_MAX = 256;

/** Row by row, so that blocks one after the other are one answer. */
const STREAMED_FORMATS = new Set(["JSONEachRow", "JSONCompactEachRow", "RowBinary", "TabSeparated", "TSV", "CSV"]);
/** What chdb takes as bytes, without a detour through a JavaScript string. */
const RAW_INSERT_FORMATS = ["JSONEachRow", "JSONCompactEachRow", "TabSeparated", "CSV"] as const;
type RawInsertFormat = (typeof RAW_INSERT_FORMATS)[number];

/** Parameters of the interface itself; every other one is a setting. */
const NOT_SETTINGS = new Set(
  "query,database,default_format,query_id,session_id,session_timeout,session_check,wait_end_of_query,send_progress_in_http_headers,enable_http_compression,user,password,role,compress,decompress,http_headers_progress_interval_ms,buffer_size,quota_key".split(
    ",",
  ),
);

export interface StartMessage {
  readonly path: string;
  readonly user: string;
  readonly password: string;
  /** Default: a free one. */
  readonly port?: number;
}
export type ChildMessage =
  | { readonly kind: "ready"; readonly port: number; readonly version: string; readonly engine: string }
  | { readonly kind: "failed"; readonly detail: string };

const STANDALONE = "--standalone=";
const standaloneFile = process.argv.find((argument) => argument.startsWith(STANDALONE))?.slice(STANDALONE.length);

class HttpError extends Error {
  readonly status: number;
  readonly code: number;
  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Admits `limit` holders at once, in order. */
function createAdmission(limit: number): () => Promise<() => void> {
  let held = 0;
  const waiting: (() => void)[] = [];
  const release = () => {
    const next = waiting.shift();
    if (next) next();
    else held--;
  };
  return async () => {
    if (held < limit) held++;
    else {
      if (waiting.length >= WAITING_MAX) {
        throw new HttpError(
          503,
          202,
          `Too many simultaneous queries: ${WAITING_MAX} are waiting (TOO_MANY_SIMULTANEOUS_QUERIES)`,
        );
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    return release;
  };
}

const quote = (text: string) => `'${text.replace(/\\/g, "\\\\").replace(/'/g, "\\'")}'`;

/** ClickHouse's own mapping, for the codes that a caller of ours can cause. */
function statusOf(code: number): number {
  if (code === 60 || code === 81) return 404;
  if (code === 159) return 408;
  if (code === 241 || code === 202) return 503;
  // Syntax, unknown identifier/function/setting/parameter, types, unparsable input.
  return [6, 10, 26, 27, 36, 38, 41, 42, 43, 44, 46, 47, 53, 62, 70, 73, 115, 117, 131, 386, 456, 457].includes(code)
    ? 400
    : 500;
}

function authorised(request: IncomingMessage, url: URL, start: StartMessage): boolean {
  let user = request.headers["x-clickhouse-user"] ?? url.searchParams.get("user") ?? "";
  let password = request.headers["x-clickhouse-key"] ?? url.searchParams.get("password") ?? "";
  const authorization = request.headers.authorization;
  if (authorization?.startsWith("Basic ")) {
    const text = Buffer.from(authorization.slice(6), "base64").toString("utf8");
    const colon = text.indexOf(":");
    user = text.slice(0, colon);
    password = text.slice(colon + 1);
  }
  const given = Buffer.from(`${user}\n${password}`);
  const wanted = Buffer.from(`${start.user}\n${start.password}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity" && encoding !== "gzip") {
    throw new HttpError(400, 1, `Content-Encoding ${encoding} is not accepted; gzip or none is`);
  }
  const source: Readable = encoding === "gzip" ? request.pipe(createGunzip()) : request;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    bytes += (chunk as Buffer).length;
    if (bytes > BODY_BYTES_MAX) throw new HttpError(413, 307, `The body is larger than ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk as Buffer);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes);
}

/** Without comments in front; enough to tell an insert and a select from the rest. */
const firstWord = (sql: string) =>
  /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/|\()*([A-Za-z]+)/.exec(sql)?.[1]?.toUpperCase() ?? "";

const RAW_INSERT =
  /^\s*INSERT\s+INTO\s+([A-Za-z0-9_.`]+)\s*(?:\(([A-Za-z0-9_,\s`]+)\))?\s*FORMAT\s+([A-Za-z]+)\s*;?\s*$/i;

/** The parts of an INSERT whose data stand in the body, where chdb can take them as bytes. */
function parseRawInsert(
  sql: string,
): { table: string; columns: string[] | undefined; format: RawInsertFormat } | undefined {
  const match = RAW_INSERT.exec(sql);
  const format = RAW_INSERT_FORMATS.find((known) => known === match?.[3]);
  if (!match || !format) return undefined;
  const columns = match[2]?.split(",").map((column) => column.trim().replaceAll("`", ""));
  return { table: (match[1] as string).replaceAll("`", ""), columns, format };
}

function createHandler(start: StartMessage, log: (message: string) => void) {
  const admitInsert = createAdmission(INSERTS_MAX);
  const admitQuery = createAdmission(QUERIES_MAX);

  return async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://warehouse");
    if (url.pathname === "/ping") {
      response.end("Ok.\n");
      return;
    }
    if (!authorised(request, url, start)) {
      throw new HttpError(403, 516, "Code: 516. DB::Exception: Authentication failed. (AUTHENTICATION_FAILED)");
    }
    const queryId = url.searchParams.get("query_id") ?? randomUUID();
    response.setHeader("X-ClickHouse-Query-Id", queryId);
    response.setHeader("X-ClickHouse-Server-Display-Name", "chdb");
    response.setHeader("X-ClickHouse-Timezone", "UTC");
    const body = await readBody(request);
    const fromUrl = url.searchParams.get("query");
    const sql = fromUrl ?? body.toString("utf8");
    const data = fromUrl !== null && body.length > 0 ? body : undefined;
    if (request.method === "GET" && firstWord(sql) === "INSERT") {
      throw new HttpError(500, 164, "Code: 164. DB::Exception: An insert needs POST (READONLY)");
    }

    const release = await (firstWord(sql) === "INSERT" ? admitInsert : admitQuery)();
    const session = new Session(start.path);
    try {
      const database = url.searchParams.get("database") ?? request.headers["x-clickhouse-database"];
      if (typeof database === "string" && database !== "")
        await session.queryAsync(`USE \`${database.replaceAll("`", "")}\``);
      const assignments: string[] = [];
      for (const [name, value] of url.searchParams) {
        if (!NOT_SETTINGS.has(name) && /^\w+$/.test(name)) assignments.push(`${name} = ${quote(value)}`);
      }
      if (assignments.length > 0) await session.queryAsync(`SET ${assignments.join(", ")}`);
      await answer({ session, sql, data, url, request, response });
    } finally {
      session.close();
      release();
    }
  };

  async function answer(exchange: {
    session: Session;
    sql: string;
    data: Buffer | undefined;
    url: URL;
    request: IncomingMessage;
    response: ServerResponse;
  }): Promise<void> {
    const { session, sql, data, url, request, response } = exchange;
    const raw = data ? parseRawInsert(sql) : undefined;
    if (raw && data) {
      const summary = await session.insert({
        table: raw.table,
        values: data,
        format: raw.format,
        ...(raw.columns ? { columns: raw.columns } : {}),
      });
      writeHead(response, { written_rows: summary.rowsWritten, written_bytes: summary.bytesWritten });
      response.end();
      return;
    }
    const text = data ? `${sql}\n${data.toString("utf8")}` : sql;
    const format =
      /\bFORMAT\s+([A-Za-z]+)\s*;?\s*$/i.exec(sql)?.[1] ?? url.searchParams.get("default_format") ?? "TabSeparated";
    const gzip = /\bgzip\b/.test(request.headers["accept-encoding"]?.toString() ?? "");
    const word = firstWord(sql);
    if ((word === "SELECT" || word === "WITH") && STREAMED_FORMATS.has(format)) {
      const chunks = session.queryStream(text, { format })[Symbol.asyncIterator]();
      // The first block before the head: most errors show there, while the status can still say so.
      const first = await chunks.next();
      writeHead(response, {}, format, gzip);
      const rest = async function* () {
        if (first.done) return;
        yield first.value.raw();
        for (;;) {
          const next = await chunks.next();
          if (next.done) return;
          yield next.value.raw();
        }
      };
      try {
        await (gzip ? pipeline(rest, createGzip(), response) : pipeline(rest, passThrough(), response));
      } catch (error) {
        // The head is out: cutting the connection is what tells the reader that the answer is not whole.
        log(`answer cut off: ${error instanceof Error ? error.message : String(error)}`);
        response.destroy();
      } finally {
        await chunks.return?.();
      }
      return;
    }
    const result = await session.queryAsync(text, { format });
    writeHead(response, { read_rows: result.rowsRead, read_bytes: result.bytesRead }, format, gzip);
    const bytes = Buffer.from(result.bytes());
    await pipeline([bytes], gzip ? createGzip() : passThrough(), response);
  }
}

const passThrough = () =>
  new Transform({
    transform(chunk, _encoding, done) {
      done(null, chunk);
    },
  });

function writeHead(
  response: ServerResponse,
  counts: { read_rows?: number; read_bytes?: number; written_rows?: number; written_bytes?: number },
  format = "TabSeparated",
  gzip = false,
): void {
  const { read_rows = 0, read_bytes = 0, written_rows = 0, written_bytes = 0 } = counts;
  response.writeHead(200, {
    "Content-Type": format.startsWith("JSON") ? "application/x-ndjson; charset=UTF-8" : "text/plain; charset=UTF-8",
    "X-ClickHouse-Format": format,
    "X-ClickHouse-Summary": JSON.stringify({
      read_rows: String(read_rows),
      read_bytes: String(read_bytes),
      written_rows: String(written_rows),
      written_bytes: String(written_bytes),
      total_rows_to_read: "0",
      result_rows: "0",
      result_bytes: "0",
    }),
    ...(gzip ? { "Content-Encoding": "gzip" } : {}),
  });
}

function refuse(response: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof HttpError ? error.code : Number(/Code: (\d+)/.exec(message)?.[1] ?? 1002);
  const status = error instanceof HttpError ? error.status : statusOf(code);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=UTF-8",
    "X-ClickHouse-Exception-Code": String(code),
    // Whatever of the body was not read must not be taken for the next request.
    ...(status === 413 ? { Connection: "close" } : {}),
  });
  const line = /Code: \d+/.test(message)
    ? message.replace(/^[\s\S]*?(?=Code: \d+)/, "")
    : `Code: ${code}. DB::Exception: ${message}`;
  response.end(`${line}\n`);
}

async function serve(start: StartMessage): Promise<void> {
  const tell = (message: ChildMessage) => process.send?.(message);
  const log = (message: string) => process.stderr.write(`${message}\n`);
  // Held for the life of the process: the engine loads its tables once and stays warm between requests.
  const anchor = new Session(start.path);
  const engine = (await anchor.queryAsync("SELECT version()", { format: "TabSeparated" })).text().trim();
  const handle = createHandler(start, log);
  const server = createServer((request, response) => {
    handle(request, response).catch((error) => refuse(response, error));
  });
  // An analytic query may take as long as its own limit says; the client has its deadline.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 30_000;
  server.on("error", (error) => {
    if (standaloneFile !== undefined) throw error;
    tell({ kind: "failed", detail: error.message });
  });
  server.listen(start.port ?? 0, "127.0.0.1", () => {
    const address = server.address();
    if (address === null || typeof address === "string") return;
    tell({ kind: "ready", port: address.port, version: version().chdb, engine });
  });
  const close = () => {
    server.close(() => {
      anchor.close();
      process.disconnect?.();
      process.exit(0);
    });
    server.closeIdleConnections();
  };
  process.on("message", (message) => {
    if (message === "close") close();
  });
  if (standaloneFile !== undefined) process.once("SIGTERM", close);
}

/** Nothing acknowledged is lost by it (rows are in the page cache when the answer leaves), and no engine thread can hold it up. */
const die = () => process.kill(process.pid, "SIGKILL");

let closing = false;
process.on("disconnect", () => {
  if (!closing) die();
});
if (standaloneFile === undefined) {
  process.once("message", (message: StartMessage) => {
    process.on("message", (later) => {
      if (later === "close") closing = true;
    });
    serve(message).catch((error) => {
      const failed: ChildMessage = { kind: "failed", detail: error instanceof Error ? error.message : String(error) };
      process.send?.(failed, () => process.exit(1));
    });
  });
} else {
  await serve(JSON.parse(readFileSync(standaloneFile, "utf8")) as StartMessage);
}
// Ctrl-C reaches the whole process group: the parent decides when its warehouse closes.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
