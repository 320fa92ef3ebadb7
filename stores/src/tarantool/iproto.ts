/**
 * A client of Tarantool: one connection, requests pipelined by sync id, reconnected by itself.
 *
 * Promises: every call settles, at its deadline at the latest, whatever the server or the network does. A request that was
 * sent when the connection broke is rejected (whether it took effect is not known); one that still waited for a connection
 * waits on. A reply that comes after its deadline is dropped. Calls and their bytes are bounded. A connection on which
 * nothing at all came since a request that ran out of time was sent is replaced: its peer may be gone without a word.
 *
 * Written because tarantool-driver 3.1.0 can hang for ever (docs/decisions/0007-tarantool.md).
 */
import { connect, type Socket } from "node:net";
import { createRng } from "@thewatcher/kit/rng";
import {
  CONNECT_MS_MAX,
  type ConnectionOptions,
  IN_FLIGHT_MAX,
  REQUEST_MS_MAX,
  type TarantoolConnection,
  TarantoolError,
} from "./connection.ts";
import { createFramer } from "./framing.ts";
import type { Packable } from "./pack.ts";
import {
  body,
  decodeReply,
  GREETING_BYTES,
  parseGreeting,
  REQUEST,
  type RequestType,
  requestHead,
} from "./protocol.ts";

/** The largest honest reply: 5,000 lists of 500 titles with ids of 64 letters are 172 MB. */
const FRAME_BYTES_MAX = 256 * 1024 * 1024;
/** Of requests that have no answer yet. */
const REQUEST_BYTES_MAX = 256 * 1024 * 1024;
const BACKOFF_MS = 50;
/** A server that is back is found again within this. */
const BACKOFF_MS_MAX = 1_000;
const KEEP_ALIVE_MS = 10_000;
const SYNC_MAX = 0xffffffff;

export interface IprotoConnection extends TarantoolConnection {
  /** The tuples of a space's index by a key or its beginning. Ids, not names: those are the schema's. */
  select(space: number, index: number, key: readonly Packable[], limit: number): Promise<readonly unknown[]>;
  replace(space: number, tuple: readonly Packable[]): Promise<readonly unknown[]>;
  ping(): Promise<void>;
  /** Of the server connected last. */
  serverVersion(): string;
  /** That the last reply was made under: it changes with every change of the schema. */
  schemaVersion(): number;
}

interface Call {
  readonly type: RequestType;
  readonly body: Buffer;
  readonly resolve: (data: readonly unknown[]) => void;
  readonly reject: (error: Error) => void;
  timer: NodeJS.Timeout | undefined;
  /** Set while it is under way. */
  sent?: { readonly link: Link; readonly sync: number; readonly receivedBefore: number };
}

interface Link {
  readonly socket: Socket;
  readonly pending: Map<number, Call>;
  readonly version: string;
  /** Bytes, ever. */
  received: number;
  sync: number;
  isCorked: boolean;
}

/** Rejects when the first connection can't be made; later ones are made again by itself. */
export async function openIproto(options: ConnectionOptions): Promise<IprotoConnection> {
  const { target, where, clock, log } = options;
  const requestMsMax = options.requestMsMax ?? REQUEST_MS_MAX;
  const inFlightMax = options.inFlightMax ?? IN_FLIGHT_MAX;
  const rng = createRng((clock.now() + Math.floor(clock.monotonicMs() * 1_000)) >>> 0);
  const closing = new AbortController();
  const waiting = new Set<Call>();
  let link: Link | undefined;
  let connecting: Socket | undefined;
  /** Of the pause between two attempts to connect, beyond its first `BACKOFF_MS`. */
  let pause: AbortController | undefined;
  let lastFailure = "";
  let callCount = 0;
  let callBytes = 0;
  let serverVersion = "";
  let schemaVersion = 0;

  function settle(call: Call, outcome: Error | readonly unknown[]): void {
    clearTimeout(call.timer);
    call.sent?.link.pending.delete(call.sent.sync);
    waiting.delete(call);
    callCount--;
    callBytes -= call.body.length;
    if (outcome instanceof Error) call.reject(outcome);
    else call.resolve(outcome);
  }

  function send(over: Link, call: Call): void {
    do over.sync = over.sync >= SYNC_MAX ? 1 : over.sync + 1;
    while (over.pending.has(over.sync));
    call.sent = { link: over, sync: over.sync, receivedBefore: over.received };
    over.pending.set(over.sync, call);
    const { socket } = over;
    if (!over.isCorked) {
      over.isCorked = true;
      socket.cork();
      process.nextTick(() => {
        over.isCorked = false;
        socket.uncork();
      });
    }
    socket.write(requestHead(call.type, over.sync, call.body.length));
    socket.write(call.body);
  }

  function onLate(call: Call, timeoutMs: number): void {
    const { sent } = call;
    const state = sent ? "no answer" : `no connection${lastFailure === "" ? "" : ` (${lastFailure})`}`;
    settle(call, new Error(`${where}: ${state} within ${timeoutMs} ms`));
    if (sent && sent.link.received === sent.receivedBefore) {
      sent.link.socket.destroy(new Error(`it was silent for ${timeoutMs} ms`));
    }
  }

  function request(type: RequestType, requestBody: Buffer, timeoutMs = requestMsMax): Promise<readonly unknown[]> {
    if (closing.signal.aborted) return Promise.reject(new Error(`${where} is closed`));
    if (callCount >= inFlightMax) {
      return Promise.reject(new Error(`${where}: ${inFlightMax} calls wait for an answer already; it doesn't keep up`));
    }
    if (callBytes > 0 && callBytes + requestBody.length > REQUEST_BYTES_MAX) {
      return Promise.reject(new Error(`${where}: calls of ${callBytes} bytes wait for an answer; it doesn't keep up`));
    }
    return new Promise((resolve, reject) => {
      const call: Call = { type, body: requestBody, resolve, reject, timer: undefined };
      call.timer = setTimeout(() => onLate(call, timeoutMs), timeoutMs);
      callCount++;
      callBytes += requestBody.length;
      if (link && !link.socket.destroyed) send(link, call);
      else {
        waiting.add(call);
        // Somebody waits now: no need to be patient.
        pause?.abort();
      }
    });
  }

  function onReply(over: Link, frame: Buffer): void {
    const { sync, outcome, schemaVersion: version } = decodeReply(frame);
    schemaVersion = version;
    const call = over.pending.get(sync);
    // Its deadline has passed.
    if (!call) return;
    if (outcome.kind === "data") settle(call, outcome.data);
    else settle(call, new TarantoolError(where, outcome.code, outcome.message));
  }

  /** Resolves when a connection is greeted, authenticated and in use; rejects by the deadline. */
  function openLink(): Promise<void> {
    const connectMsMax = options.connectMsMax ?? CONNECT_MS_MAX;
    return new Promise((resolve, reject) => {
      const socket = connect({ host: target.host, port: target.port, noDelay: true });
      connecting = socket;
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      let opened: Link | undefined;
      let isReady = false;
      const greeting = Buffer.alloc(GREETING_BYTES);
      let greeted = 0;
      const timer = setTimeout(
        () =>
          socket.destroy(
            new Error(`${opened ? "no answer to the password" : "no greeting"} within ${connectMsMax} ms`),
          ),
        connectMsMax,
      );
      const framer = createFramer({
        frameBytesMax: FRAME_BYTES_MAX,
        onFrame: (frame) => opened && onReply(opened, frame),
      });
      const ready = (over: Link) => {
        isReady = true;
        clearTimeout(timer);
        connecting = undefined;
        // At once: what comes after this chunk may already be its end.
        use(over);
        resolve();
      };

      function onGreeting(): void {
        const { version, salt } = parseGreeting(greeting);
        const over: Link = { socket, pending: new Map(), version, received: 0, sync: 0, isCorked: false };
        opened = over;
        if (target.user === undefined) {
          ready(over);
          return;
        }
        callCount++;
        const call: Call = {
          type: REQUEST.auth,
          body: body.auth(target.user, target.password ?? "", salt),
          resolve: () => ready(over),
          reject: (error) => socket.destroy(error),
          timer: undefined,
        };
        callBytes += call.body.length;
        send(over, call);
      }

      socket.on("data", (chunk) => {
        try {
          let at = 0;
          if (!opened) {
            at = chunk.copy(greeting, greeted);
            greeted += at;
            if (greeted < GREETING_BYTES) return;
            onGreeting();
          }
          if (opened) opened.received += chunk.length;
          if (at < chunk.length) framer(chunk.subarray(at));
        } catch (error) {
          socket.destroy(error instanceof Error ? error : new Error(String(error)));
        }
      });
      let failure: Error | undefined;
      socket.on("error", (error) => {
        failure ??= error;
      });
      // The server has ended: what it still owes will not come.
      socket.on("end", () => socket.destroy());
      socket.on("close", () => {
        clearTimeout(timer);
        const reason = failure?.message ?? "the server closed the connection";
        const lost = new Error(`${where}: the connection was lost before the answer (${reason})`, { cause: failure });
        for (const call of [...(opened?.pending.values() ?? [])]) settle(call, lost);
        if (isReady) onLost(opened, reason);
        else reject(failure ?? new Error(reason));
      });
    });
  }

  function onLost(lost: Link | undefined, reason: string): void {
    if (link !== lost) return;
    link = undefined;
    if (closing.signal.aborted) return;
    lastFailure = reason;
    log?.warn({ where, reason }, "tarantool: the connection was lost; connecting again");
    void reconnect();
  }

  function use(opened: Link): void {
    link = opened;
    serverVersion = opened.version;
    lastFailure = "";
    for (const call of [...waiting]) {
      waiting.delete(call);
      send(opened, call);
    }
  }

  async function reconnect(): Promise<void> {
    for (let pauseMs = BACKOFF_MS; !closing.signal.aborted; pauseMs = Math.min(BACKOFF_MS_MAX, pauseMs * 2)) {
      try {
        return await openLink();
      } catch (error) {
        lastFailure = error instanceof Error ? error.message : String(error);
      }
      await clock.sleep(BACKOFF_MS * (0.5 + rng.next() / 2), closing.signal).catch(() => undefined);
      pause = new AbortController();
      const signal = AbortSignal.any([closing.signal, pause.signal]);
      await clock.sleep((pauseMs - BACKOFF_MS) * (0.5 + rng.next() / 2), signal).catch(() => undefined);
      pause = undefined;
    }
  }

  await openLink();
  return {
    call: (functionName, args, timeoutMs) => request(REQUEST.call, body.call(functionName, args), timeoutMs),
    eval: (expression, args, timeoutMs) => request(REQUEST.eval, body.eval(expression, args), timeoutMs),
    select: (space, index, key, limit) => request(REQUEST.select, body.select(space, index, key, limit)),
    replace: (space, tuple) => request(REQUEST.replace, body.replace(space, tuple)),
    async ping() {
      await request(REQUEST.ping, body.ping());
    },
    serverVersion: () => serverVersion,
    schemaVersion: () => schemaVersion,
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      const closed = new Error(`${where} is closed`);
      for (const call of [...waiting]) settle(call, closed);
      for (const call of [...(link?.pending.values() ?? [])]) settle(call, closed);
      connecting?.destroy();
      link?.socket.destroy();
    },
  };
}
