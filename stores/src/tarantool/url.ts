/** `tarantool://user:password@host:port[/?requestMs=5000]`, and the same as `tarantool+driver://` for npm's client. */
import { UserError } from "@thewatcher/kit/user-error";
import { decodedPart, hostOf } from "../server-url.ts";
import type { TarantoolTarget } from "./connection.ts";

const DEFAULT_PORT = 3301;
const ACCEPTED = "tarantool://user:password@host:3301 is accepted";

export interface TarantoolUrl {
  readonly client: "own" | "npm driver";
  readonly target: TarantoolTarget;
  readonly requestMsMax: number | undefined;
  /** Without the password: begins messages. */
  readonly where: string;
}

/** `port`: the name of the store whose setting it is. */
export function parseTarantoolUrl(port: string, text: string): TarantoolUrl {
  const refuse = (what: string) => new UserError(`${port}: ${what}; ${ACCEPTED}`);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // The text may hold a password.
    throw refuse("its URL can't be read");
  }
  if (url.protocol !== "tarantool:" && url.protocol !== "tarantool+driver:") {
    throw refuse(`a URL of the kind ${url.protocol}//`);
  }
  if (url.hostname === "") throw refuse("a URL without a host");
  if (url.pathname !== "" && url.pathname !== "/") throw refuse(`a URL with the path ${url.pathname}`);
  const user = decodedPart(url.username);
  const password = decodedPart(url.password);
  if (user === undefined || password === undefined) throw refuse("a user or password with a broken % in it");
  if (user === "" && password !== "") throw refuse("a password without a user");
  let requestMsMax: number | undefined;
  for (const [name, value] of url.searchParams) {
    if (name !== "requestMs" || !/^[1-9]\d{0,5}$/.test(value)) {
      throw new UserError(`${port}: ${name}=${value}; of parameters requestMs=<1 to 999999> is accepted`);
    }
    requestMsMax = Number(value);
  }
  const target = {
    host: hostOf(url),
    port: url.port === "" ? DEFAULT_PORT : Number(url.port),
    ...(user === "" ? {} : { user, password }),
  };
  return {
    client: url.protocol === "tarantool:" ? "own" : "npm driver",
    target,
    requestMsMax,
    where: `${port} at ${url.protocol}//${user === "" ? "" : `${url.username}@`}${url.hostname}:${target.port}`,
  };
}
