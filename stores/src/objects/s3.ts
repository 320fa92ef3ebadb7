/**
 * Objects in any store that speaks S3: `s3://accessKey:secretKey@host:port/bucket[/prefix][?tls=true&ca=/path&region=…]`.
 *
 * Plain S3 only (PUT, GET, ListObjectsV2, DeleteObjects, multipart), path style, signature 4. The `minio` client signs and
 * addresses; what it leaves out or does in ways that break a promise of the port is done here:
 * - It has no deadlines. Every request gets an abort signal of its own through the `transport` hook, and a client costs
 *   nothing to make, so there is one for each request.
 * - Its multipart upload resumes any unfinished upload of the same key: two writers of one key would mix their parts. Ours
 *   begins a new upload, and aborts it when it fails.
 * - Its list turns keys that look like numbers into numbers (`007` → `7`). Ours takes the text.
 * - It prints its retries and never reads the answer that it retries, which keeps the socket. Ours reads and counts.
 *
 * The server checks what it got: by the SHA-256 that the signature covers, or under TLS, where the payload is not signed,
 * by Content-MD5. An object is visible when its PUT or the completion of its parts is acknowledged: old or new, whole.
 * A failed multipart upload whose abort fails too leaves parts behind: a lifecycle rule of the bucket removes those.
 */
import { createHash } from "node:crypto";
import { request as httpRequest, type IncomingMessage, Agent as PlainAgent } from "node:http";
import { request as httpsRequest, Agent as TlsAgent } from "node:https";
import { type Clock, systemClock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import { Client } from "minio";
import { createServerCalls, readAuthority } from "../server-calls.ts";
import { hostOf } from "../server-url.ts";
import { checkListLimit, checkObjectBytes, checkObjectKey, OBJECT_BYTES_MAX, OBJECT_LIST_MAX } from "./keys.ts";
import { OBJECT_KEY_PATTERN, type ObjectInfo, type Objects } from "./port.ts";

/** A server that answers takes milliseconds; a frozen one is given up after this long without a byte. */
const SILENCE_MS_MAX = 10_000;
/** A request that carries a body gets a second more for each of these: the slowest line that is still worth waiting for. */
const UPLOAD_BYTES_PER_SECOND_MIN = 1_048_576;
/** Every call is idempotent. Three attempts ride out a closed keep-alive connection and a server that is just starting. */
const ATTEMPTS_MAX = 3;
const FIRST_PAUSE_MS = 100;
/** Above this an object goes in parts: a part that fails is sent again by itself, and hashing 8 MiB blocks for about 10 ms. */
export const S3_PART_BYTES = 8 * 1_048_576;
/** Parts of one object under way. They are views of the caller's bytes: nothing is copied. */
const PARTS_IN_FLIGHT_MAX = 3;
const CONNECTIONS_MAX = 32;
/** A page of a thousand keys of 1 KiB with their fields; an error's text is far below. */
const XML_BYTES_MAX = 8 * 1_048_576;
const DEFAULT_REGION = "us-east-1";
const ACCEPTED = "s3://accessKey:secretKey@host:port/bucket[/prefix][?tls=true&ca=/path&region=us-east-1]";

const TRANSIENT_STATUSES = new Set([408, 429, 500, 502, 503, 504]);
const TRANSIENT_CODES = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "EAI_AGAIN", "RequestTimeout"]);
const EXPLANATIONS: Readonly<Record<string, string>> = {
  SignatureDoesNotMatch: "the secret key is wrong",
  InvalidAccessKeyId: "the access key is unknown there",
  AccessDenied: "this access key may not do that",
  RequestTimeTooSkewed:
    "this machine's clock and the server's differ by more than S3 accepts (15 minutes); set the clocks",
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no host of that name",
  EPROTO: "TLS is asked for and the server doesn't speak it",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is not trusted; give its authority as ?ca=/path",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is not trusted; give its authority as ?ca=/path",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is not trusted; give its authority as ?ca=/path",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is not trusted; give its authority as ?ca=/path",
};

interface Location {
  readonly host: string;
  readonly port: number;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly bucket: string;
  /** Empty, or ends in `/`. */
  readonly prefix: string;
  readonly region: string;
  readonly tls: boolean;
  readonly ca: string | undefined;
  /** Without the secrets, for messages. */
  readonly shown: string;
}

/** What the server said instead of doing it. */
class S3Refusal extends Error {
  readonly code: string;
  readonly status: number;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

function explain(error: unknown): string {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const explanation = EXPLANATIONS[code];
  if (explanation === undefined) return code === "" || message.includes(code) ? message : `${code}: ${message}`;
  return `${explanation} (${code})`;
}

function isTransient(error: unknown): boolean {
  return error instanceof S3Refusal
    ? TRANSIENT_STATUSES.has(error.status) || TRANSIENT_CODES.has(error.code)
    : TRANSIENT_CODES.has(codeOf(error));
}

function parseLocation(url: string): Location {
  const refuse = (why: string) => new UserError(`objects: the S3 URL ${why}; ${ACCEPTED} is accepted`);
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw refuse("can't be read (a / + or @ in a secret key is written %2F %2B %40)");
  }
  if (parsed.protocol !== "s3:") throw refuse(`begins with ${parsed.protocol}`);
  if (parsed.hostname === "") throw refuse("names no host");
  if (parsed.username === "" || parsed.password === "") throw refuse("lacks the access key or the secret key");
  let segments: string[];
  let keys: [string, string];
  try {
    segments = parsed.pathname
      .split("/")
      .filter((segment) => segment !== "")
      .map(decodeURIComponent);
    keys = [decodeURIComponent(parsed.username), decodeURIComponent(parsed.password)];
  } catch {
    throw refuse("has a % that is no escape");
  }
  const [bucket = "", ...rest] = segments;
  if (!/^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw refuse(
      `names ${bucket === "" ? "no bucket" : `the bucket ${JSON.stringify(bucket)}`} (3 to 63 of a-z 0-9 . -)`,
    );
  }
  if (rest.length > 0 && !(OBJECT_KEY_PATTERN.test(rest.join("/")) && rest.join("/").length <= 500)) {
    throw refuse("has a prefix that is no key");
  }
  for (const name of parsed.searchParams.keys()) {
    if (!["tls", "ca", "region"].includes(name)) throw refuse(`has the parameter ${name}`);
  }
  const tlsText = parsed.searchParams.get("tls") ?? "false";
  if (tlsText !== "true" && tlsText !== "false") throw refuse(`has tls=${tlsText}`);
  const tls = tlsText === "true";
  const ca = parsed.searchParams.get("ca") ?? undefined;
  if (ca !== undefined && !tls) throw refuse("has a ca without tls=true");
  const port = parsed.port === "" ? (tls ? 443 : 80) : Number(parsed.port);
  const prefix = rest.length > 0 ? `${rest.join("/")}/` : "";
  return {
    host: hostOf(parsed),
    port,
    accessKey: keys[0],
    secretKey: keys[1],
    bucket,
    prefix,
    region: parsed.searchParams.get("region") ?? DEFAULT_REGION,
    tls,
    ca,
    shown: `s3://${parsed.host}/${segments.join("/")}`,
  };
}

/** The whole body, at most `bytesMax`; `progress` is called at every piece. */
async function readBody(response: IncomingMessage, bytesMax: number, progress: () => void): Promise<Buffer> {
  const announced = Number(response.headers["content-length"]);
  const refuse = (bytes: number) => {
    response.destroy();
    return new Error(`the answer has ${bytes} bytes; at most ${bytesMax} are accepted`);
  };
  if (announced > bytesMax) throw refuse(announced);
  if (Number.isInteger(announced)) {
    // Filled in place: the object is in memory once.
    const body = Buffer.allocUnsafeSlow(announced);
    let filled = 0;
    for await (const chunk of response) {
      filled += (chunk as Buffer).copy(body, filled);
      progress();
    }
    if (filled !== announced) throw new Error(`the answer ended after ${filled} of ${announced} bytes`);
    return body;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > bytesMax) throw refuse(bytes);
    progress();
  }
  return Buffer.concat(chunks, bytes);
}

const element = (xml: string, name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];

async function refusalOf(response: IncomingMessage): Promise<S3Refusal> {
  const status = response.statusCode ?? 0;
  const xml = (await readBody(response, XML_BYTES_MAX, () => undefined)).toString();
  const said = element(xml, "Message") ?? xml.replace(/\s+/g, " ").trim().slice(0, 200);
  return new S3Refusal(status, element(xml, "Code") ?? "", said === "" ? `status ${status}` : said);
}

interface Attempt {
  readonly client: Client;
  /** Called whenever something arrived: the wait for the next piece begins again. */
  progress(): void;
}

export async function openS3Objects(options: {
  readonly url: string;
  readonly clock?: Clock;
  readonly log?: (message: string) => void;
}): Promise<Objects & AsyncDisposable> {
  const clock = options.clock ?? systemClock;
  const { host, port, accessKey, secretKey, bucket, prefix, region, tls, ca, shown } = parseLocation(options.url);
  const bucketName = bucket;
  const where = `objects at ${shown}`;
  const authority = await readAuthority(where, ca, explain);
  const limits = { keepAlive: true, maxSockets: CONNECTIONS_MAX };
  const agent = tls ? new TlsAgent({ ...limits, ...(authority ? { ca: authority } : {}) }) : new PlainAgent(limits);

  const { call, end } = createServerCalls(where, explain);

  /** Requests go out here: with the signal, and with every refusal read to its end and thrown as what the server said. */
  function clientUnder(signal: AbortSignal): Client {
    const send = (input: object, onAnswer: (response: IncomingMessage) => void) => {
      const request = (tls ? httpsRequest : httpRequest)({ ...input, signal }, (response) => {
        if ((response.statusCode ?? 0) < 300) return onAnswer(response);
        refusalOf(response).then(
          (refusal) => request.emit("error", refusal),
          (error) => request.emit("error", error),
        );
      });
      // A connection that breaks after the answer was taken is the reader's error; here it has nowhere to go.
      request.on("error", () => undefined);
      return request;
    };
    return new Client({
      endPoint: host,
      port,
      useSSL: tls,
      accessKey,
      secretKey,
      region,
      pathStyle: true,
      transportAgent: agent,
      // The one overload of `http.request` that the client calls.
      transport: { request: send as typeof httpRequest },
      retryOptions: { disableRetry: true },
    });
  }

  /** One request, repeated where the failure is passing; given up after `silenceMs` without a byte. */
  async function attempt<Answer>(action: (attempt: Attempt) => Promise<Answer>, uploadBytes = 0): Promise<Answer> {
    const silenceMs = SILENCE_MS_MAX + (uploadBytes / UPLOAD_BYTES_PER_SECOND_MIN) * 1_000;
    for (let count = 1; ; count++) {
      const deadline = new AbortController();
      const settled = new AbortController();
      let dueAt = clock.monotonicMs() + silenceMs;
      const late = (async () => {
        for (;;) {
          const leftMs = dueAt - clock.monotonicMs();
          if (leftMs <= 0) break;
          await clock.sleep(leftMs, settled.signal);
        }
        const error = new Error(`no answer within ${Math.round(silenceMs / 1_000)} s`);
        deadline.abort(error);
        throw error;
      })();
      try {
        const running = action({
          client: clientUnder(deadline.signal),
          progress: () => {
            dueAt = clock.monotonicMs() + silenceMs;
          },
        });
        // Aborted, it still ends, with an error that the deadline has already told.
        running.catch(() => undefined);
        return await Promise.race([running, late]);
      } catch (error) {
        if (count === ATTEMPTS_MAX || !isTransient(error)) throw error;
      } finally {
        late.catch(() => undefined);
        settled.abort(new Error("settled"));
      }
      await clock.sleep(FIRST_PAUSE_MS * 4 ** (count - 1));
    }
  }

  const bodyHeaders = (part: Buffer) => (tls ? { "content-md5": createHash("md5").update(part).digest("base64") } : {});

  async function putWhole(objectName: string, body: Buffer): Promise<void> {
    await attempt(async ({ client, progress }) => {
      const headers = bodyHeaders(body);
      const response = await client.makeRequestAsync({ method: "PUT", bucketName, objectName, headers }, body);
      await readBody(response, XML_BYTES_MAX, progress);
    }, body.length);
  }

  async function putParts(objectName: string, body: Buffer): Promise<void> {
    const uploadID = await attempt(({ client }) => client.initiateNewMultipartUpload(bucketName, objectName, {}));
    try {
      const parts: { part: number; etag: string }[] = [];
      const partCount = Math.ceil(body.length / S3_PART_BYTES);
      let next = 0;
      const sendParts = async () => {
        while (next < partCount) {
          const index = next++;
          const piece = body.subarray(index * S3_PART_BYTES, (index + 1) * S3_PART_BYTES);
          const upload = { bucketName, objectName, uploadID, partNumber: index + 1, headers: bodyHeaders(piece) };
          const { etag } = await attempt(({ client }) => client.uploadPart(upload, piece), piece.length);
          parts[index] = { part: index + 1, etag };
        }
      };
      const sent = await Promise.allSettled(Array.from({ length: PARTS_IN_FLIGHT_MAX }, sendParts));
      const failed = sent.find((result) => result.status === "rejected");
      if (failed) throw failed.reason;
      // Servers that copy the parts together may take as long as the upload did.
      await attempt(
        ({ client }) => client.completeMultipartUpload(bucketName, objectName, uploadID, parts),
        body.length,
      );
    } catch (error) {
      await attempt(({ client }) => client.abortMultipartUpload(bucketName, objectName, uploadID)).catch((again) =>
        options.log?.(`objects at ${shown}: parts of ${objectName} are left behind (${explain(again)})`),
      );
      throw error;
    }
  }

  async function get(objectName: string): Promise<Uint8Array | undefined> {
    try {
      const body = await attempt(async ({ client, progress }) => {
        const response = await client.makeRequestAsync({ method: "GET", bucketName, objectName });
        return await readBody(response, OBJECT_BYTES_MAX, progress);
      });
      return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
    } catch (error) {
      if (error instanceof S3Refusal && error.code === "NoSuchKey") return undefined;
      throw error;
    }
  }

  const escaped = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

  interface Page {
    /** Ours alone, in order. */
    readonly found: readonly ObjectInfo[];
    /** Where the next page begins; undefined at the end. */
    readonly token: string | undefined;
  }

  async function page(of: { below: string; after: string; limit: number; token: string | undefined }): Promise<Page> {
    // Sorted, as the signature wants them.
    const query = [
      ...(of.token === undefined ? [] : [`continuation-token=${escaped(of.token)}`]),
      "encoding-type=url",
      "list-type=2",
      `max-keys=${of.limit}`,
      `prefix=${escaped(of.below)}`,
      ...(of.after === "" ? [] : [`start-after=${escaped(of.after)}`]),
    ].join("&");
    const xml = await attempt(async ({ client, progress }) => {
      const response = await client.makeRequestAsync({ method: "GET", bucketName, query });
      return (await readBody(response, XML_BYTES_MAX, progress)).toString();
    });
    if (!xml.includes("<ListBucketResult")) throw new Error("the answer to a list is none of S3");
    const found: ObjectInfo[] = [];
    for (const [, entry = ""] of xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
      const key = decodeURIComponent(element(entry, "Key") ?? "").slice(prefix.length);
      // Someone else's object, under a name that is no key.
      if (OBJECT_KEY_PATTERN.test(key)) found.push({ key, bytes: Number(element(entry, "Size")) });
    }
    const token = element(xml, "IsTruncated") === "true" ? element(xml, "NextContinuationToken") : undefined;
    return { found, token };
  }

  /** Behind any text, though S3 takes no control characters and orders beyond ASCII by UTF-8: no key of ours holds either. */
  const plainAfter = (after: string) =>
    after.replace(/[^ -~][\s\S]*$/, (rest) => (rest.charCodeAt(0) < 32 ? " " : "~"));

  async function list(below: string, limit: number, after: string): Promise<ObjectInfo[]> {
    if (!/^[A-Za-z0-9._/-]*$/.test(below)) return [];
    const startAfter = after === "" ? "" : prefix + plainAfter(after);
    const found: ObjectInfo[] = [];
    let token: string | undefined;
    do {
      const next = await page({ below: prefix + below, after: startAfter, limit: limit - found.length, token });
      found.push(...next.found);
      token = next.token;
    } while (token !== undefined && found.length < limit);
    return found;
  }

  async function remove(keys: readonly string[]): Promise<void> {
    const names = [...new Set(keys)].map((key) => prefix + key);
    for (let begin = 0; begin < names.length; begin += OBJECT_LIST_MAX) {
      const chunk = names.slice(begin, begin + OBJECT_LIST_MAX);
      const refusals: unknown[] = await attempt(({ client }) => client.removeObjects(bucketName, chunk));
      const refused = refusals.find((refusal) => !JSON.stringify(refusal).includes("NoSuchKey"));
      if (refused !== undefined) throw new Error(`some were refused: ${JSON.stringify(refused).slice(0, 300)}`);
    }
  }

  async function probe(): Promise<void> {
    const look = () => page({ below: prefix, after: "", limit: 1, token: undefined });
    try {
      await look();
    } catch (error) {
      if (codeOf(error) !== "NoSuchBucket") throw error;
      try {
        await attempt(({ client }) => client.makeBucket(bucketName, region));
        options.log?.(`objects at ${shown}: the bucket was absent and is made`);
      } catch (refusal) {
        // Another process opens it too.
        if (!["BucketAlreadyOwnedByYou", "BucketAlreadyExists"].includes(codeOf(refusal))) {
          throw new Error(`the bucket is absent and can't be made: ${explain(refusal)}`);
        }
      }
      await look();
    }
  }

  try {
    await probe();
  } catch (error) {
    agent.destroy();
    throw new UserError(`objects at ${shown}: can't be opened: ${explain(error)}; ${ACCEPTED} is accepted`);
  }

  const objects: Objects & AsyncDisposable = {
    put: (key, body) =>
      call(`put ${key}`, async () => {
        checkObjectKey(key);
        checkObjectBytes(key, body.byteLength);
        const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
        await (bytes.length > S3_PART_BYTES ? putParts(prefix + key, bytes) : putWhole(prefix + key, bytes));
      }),
    get: (key) =>
      call(`get ${key}`, async () => {
        checkObjectKey(key);
        return await get(prefix + key);
      }),
    list: ({ prefix: below, limit, after }) =>
      call(`list ${below}`, async () => {
        checkListLimit(limit);
        return await list(below, limit, after ?? "");
      }),
    delete: (keys) =>
      call(`delete of ${keys.length}`, async () => {
        keys.forEach(checkObjectKey);
        await remove(keys);
      }),
    describe: () => call("describe", async () => `S3 objects at ${shown}`),
    async close() {
      await end();
      agent.destroy();
    },
    [Symbol.asyncDispose]: () => objects.close(),
  };
  return objects;
}
