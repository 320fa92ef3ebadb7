/** What the adapters ask of a Tarantool: the port of two clients, ours (`iproto.ts`) and npm's (`npm-driver.ts`). */
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import type { Packable } from "./pack.ts";

/** From the first packet to the accepted password. A server that is there takes 2 ms. */
export const CONNECT_MS_MAX = 5_000;
/** One call, waiting for a connection included. The largest (5,000 lists of 500 titles) takes 0.4 s. */
export const REQUEST_MS_MAX = 5_000;
/** Calls under way or waiting for a connection: more means that the server doesn't keep up, or is away. */
export const IN_FLIGHT_MAX = 4_096;

export interface TarantoolTarget {
  readonly host: string;
  readonly port: number;
  /** Absent: guest. */
  readonly user?: string;
  readonly password?: string;
}

export interface ConnectionOptions {
  readonly target: TarantoolTarget;
  /** Begins every message; without the password. */
  readonly where: string;
  readonly clock: Clock;
  readonly log?: Log | undefined;
  readonly connectMsMax?: number | undefined;
  readonly requestMsMax?: number | undefined;
  readonly inFlightMax?: number | undefined;
}

export interface TarantoolConnection {
  /** Of a function of the server, by name; answers what it returned. Rejects by its deadline, whatever happens. */
  call(functionName: string, args: readonly Packable[], timeoutMs?: number): Promise<readonly unknown[]>;
  /** Lua, for those who may: migrations. */
  eval(expression: string, args: readonly Packable[], timeoutMs?: number): Promise<readonly unknown[]>;
  /** Every call under way is rejected. Twice is harmless. */
  close(): Promise<void>;
}

/** Tarantool refused: `code` is one of its ER_ numbers (`box.error`), 0 where the client loses them. */
export class TarantoolError extends Error {
  override readonly name = "TarantoolError";
  readonly code: number;
  constructor(where: string, code: number, reason: string) {
    super(`${where}: ${reason}${code === 0 ? "" : ` (error ${code})`}`);
    this.code = code;
  }
}

export const ER = {
  MEMORY_ISSUE: 2,
  NO_SUCH_PROC: 33,
  ACCESS_DENIED: 42,
  NO_SUCH_USER: 45,
  PASSWORD_MISMATCH: 47,
  NO_SUCH_FUNCTION: 51,
  CREDS_MISMATCH: 237,
} as const;
