/** A Tarantool by its URL: which client, and what to do when it can't be had, in one line. */
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import { UserError } from "@thewatcher/kit/user-error";
import { ER, type TarantoolConnection, TarantoolError } from "./connection.ts";
import { openIproto } from "./iproto.ts";
import { openNpmDriver } from "./npm-driver.ts";
import { parseTarantoolUrl } from "./url.ts";

const REFUSED_USER: ReadonlySet<number> = new Set([
  ER.ACCESS_DENIED,
  ER.NO_SUCH_USER,
  ER.PASSWORD_MISMATCH,
  ER.CREDS_MISMATCH,
]);

export interface OpenTarantoolOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly log?: Log | undefined;
  /** Defaults: see `connection.ts`. */
  readonly connectMsMax?: number | undefined;
  readonly requestMsMax?: number | undefined;
  readonly inFlightMax?: number | undefined;
}

/** `port`: the name of the store that it is for. A `UserError` where the URL or the server is not as it should be. */
export async function openTarantool(
  port: string,
  options: OpenTarantoolOptions,
): Promise<{ readonly connection: TarantoolConnection; readonly where: string }> {
  const { client, target, requestMsMax, where } = parseTarantoolUrl(port, options.url);
  const open = client === "own" ? openIproto : openNpmDriver;
  try {
    const connection = await open({ ...options, target, where, requestMsMax: options.requestMsMax ?? requestMsMax });
    return { connection, where };
  } catch (error) {
    throw toUserError(where, error);
  }
}

function toUserError(where: string, error: unknown): UserError {
  const reason = error instanceof Error ? error.message.replace(`${where}: `, "") : String(error);
  const isRefused =
    (error instanceof TarantoolError && REFUSED_USER.has(error.code)) ||
    /^(Incorrect password|User '.*' is not found)/.test(reason);
  return new UserError(
    isRefused
      ? `${where}: the server refuses its user (${reason}); give the user and password that the server knows`
      : `${where}: can't be reached (${reason}); start Tarantool there, or correct the address`,
  );
}
