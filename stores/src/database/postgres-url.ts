/** A database's URL, and what a person is told when nothing opens behind it. */
import { readFileSync } from "node:fs";
import { UserError } from "@thewatcher/kit/user-error";
import type pg from "pg";
import { decodedPart, reasonOf } from "../server-url.ts";

const FORM =
  "postgres://user[:password]@host[:port]/database[?sslmode=disable|no-verify|verify-full&sslrootcert=/path/to/ca.pem&connections=10] is accepted";
const DEFAULT_PORT = 5432;
const CONNECTIONS_MAX = 100;

export interface PostgresTarget {
  /** Without user and password. */
  readonly where: string;
  readonly connections: number | undefined;
  readonly config: Pick<pg.ClientConfig, "host" | "port" | "user" | "password" | "database" | "ssl">;
}

export function parsePostgresUrl(text: string): PostgresTarget {
  const refuse = (why: string): never => {
    throw new UserError(`database: ${why}; ${FORM}`);
  };
  const url = URL.canParse(text) ? new URL(text) : refuse("its URL can't be read");
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:")
    refuse(`${url.protocol} is no scheme of PostgreSQL`);
  if (url.hostname === "") refuse("its URL names no host");
  if (url.username === "") refuse("its URL names no user");
  const database = decode(url.pathname.replace(/^\//, ""), refuse);
  if (database === "") refuse("its URL names no database");
  const parameters = new Map(url.searchParams);
  for (const name of parameters.keys()) {
    if (name !== "sslmode" && name !== "sslrootcert" && name !== "connections")
      refuse(`parameter "${name}" is not known`);
  }
  const connections = parameters.get("connections");
  if (connections !== undefined && !(/^[1-9]\d{0,2}$/.test(connections) && Number(connections) <= CONNECTIONS_MAX)) {
    refuse(`connections=${connections} is refused, 1 to ${CONNECTIONS_MAX} are allowed`);
  }
  const host = decode(url.hostname, refuse).replace(/^\[(.+)\]$/, "$1");
  const port = url.port === "" ? DEFAULT_PORT : Number(url.port);
  const password = decode(url.password, refuse);
  return {
    where: `database at ${url.hostname}:${port}/${database}`,
    connections: connections === undefined ? undefined : Number(connections),
    config: {
      host,
      port,
      user: decode(url.username, refuse),
      ...(password === "" ? {} : { password }),
      database,
      ssl: tlsOf(parameters.get("sslmode"), parameters.get("sslrootcert"), host, refuse),
    },
  };
}

const decode = (text: string, refuse: (why: string) => never): string =>
  decodedPart(text) ?? refuse("its URL has a broken %-escape");

function tlsOf(
  mode: string | undefined,
  authority: string | undefined,
  host: string,
  refuse: (why: string) => never,
): NonNullable<pg.ClientConfig["ssl"]> {
  if (mode === "verify-full") {
    // `host`: what the certificate must name, also where it is an address (pg itself would compare with "localhost").
    return {
      host,
      ...(authority === undefined ? {} : { ca: readAuthority(authority) }),
    } as pg.ClientConfig["ssl"] & {};
  }
  if (authority !== undefined) refuse("sslrootcert needs sslmode=verify-full");
  if (mode === "no-verify") return { rejectUnauthorized: false };
  // `require`, `prefer` and `verify-ca` mean one thing to libpq and another to pg.
  if (mode !== undefined && mode !== "disable") refuse(`sslmode=${mode} does not say whether the server is checked`);
  return false;
}

function readAuthority(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(`database: sslrootcert=${path} can't be read (${reasonOf(error)}); a PEM file is accepted`);
  }
}

/** SQLSTATE, or the system's name of the error. */
export const codeOf = (error: unknown): string | undefined => {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === "string" ? code : undefined;
};

export function refusalToOpen(where: string, error: unknown): UserError {
  const reason = reasonOf(error);
  const code = codeOf(error) ?? "";
  return new UserError(`${where}: ${reason}; ${adviceOn(code, reason)}`);
}

function adviceOn(code: string, reason: string): string {
  // PgBouncer has one code (08P01) for all it refuses, and passes the server's own words on.
  if (code.startsWith("28") || /password|SASL|no such user|authentication/i.test(reason))
    return "give its user and password in the URL";
  if (code === "3D000" || /no such database|does not exist/.test(reason))
    return "make it by CREATE DATABASE, or name another in the URL";
  if (code === "53300" || /no more connections/.test(reason))
    return "raise its limit, or lower connections= in the URL";
  if (/certificate|self.signed|altname|SSL|TLS/i.test(`${code} ${reason}`))
    return "check sslmode= and sslrootcert= against the server's certificate";
  return "start it, or choose another by the URL";
}
