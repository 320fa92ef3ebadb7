/** A server that speaks what a test tells it: greets, lets everybody in, and hands each request over. */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { Packr, Unpackr } from "msgpackr";
import { createFramer } from "../framing.ts";

const packr = new Packr({ useRecords: false, mapsAsObjects: false, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: false });
const AUTH = 7;

export const GREETING = Buffer.from(
  `${"Tarantool 2.6.0 (Binary) 4b57a0a7-3b4f-4e0c-9f0a-1d2e3f405162".padEnd(63)}\n${Buffer.alloc(32, 7).toString("base64").padEnd(63)}\n`,
  "latin1",
);

export interface ScriptedRequest {
  readonly type: number;
  readonly sync: number;
  readonly body: ReadonlyMap<number, unknown>;
  readonly socket: Socket;
}

export interface ScriptedServer extends AsyncDisposable {
  readonly port: number;
  /** Connections ever. */
  readonly connections: () => number;
  /** Ends every connection, as a crash does. */
  drop(): void;
}

export function frameOf(header: ReadonlyMap<number, unknown>, body: ReadonlyMap<number, unknown>): Buffer {
  const content = Buffer.concat([packr.pack(header), packr.pack(body)]);
  const head = Buffer.of(0xce, 0, 0, 0, 0);
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

const headerOf = (type: number, sync: number) =>
  new Map<number, unknown>([
    [0, type],
    [1, BigInt(sync)],
    [5, 80],
  ]);

/** The answer to a request. */
export const replyTo = (sync: number, data: readonly unknown[]): Buffer =>
  frameOf(headerOf(0, sync), new Map([[0x30, data]]));

export const refusalOf = (sync: number, code: number, message: string): Buffer =>
  frameOf(headerOf(0x8000 + code, sync), new Map([[0x31, message]]));

export async function startScriptedServer(script: {
  /** Default: sends `GREETING`. */
  readonly greet?: (socket: Socket, connection: number) => void;
  /** Of the password too, when it is given. Default: everybody is let in. */
  readonly onAuth?: (request: ScriptedRequest) => void;
  readonly onRequest?: (request: ScriptedRequest) => void;
}): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    connections++;
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    const framer = createFramer({
      frameBytesMax: 1 << 28,
      onFrame(frame) {
        const [header, body] = unpackr.unpackMultiple(frame) as [Map<number, number>, Map<number, unknown>];
        const request = { type: Number(header.get(0)), sync: Number(header.get(1)), body, socket };
        if (request.type !== AUTH) script.onRequest?.(request);
        else if (script.onAuth) script.onAuth(request);
        else socket.write(replyTo(request.sync, []));
      },
    });
    socket.on("data", framer);
    if (script.greet) script.greet(socket, connections);
    else socket.write(GREETING);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("no port");
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    connections: () => connections,
    drop,
    async [Symbol.asyncDispose]() {
      drop();
      server.close();
      await once(server, "close");
    },
  };
}
