/** What a warehouse's URL says: `http(s)://[user:password@]host:port[/database][?cluster=name&gzip=true&ca=/file.pem]`. */
import { readFileSync } from "node:fs";
import { UserError } from "@thewatcher/kit/user-error";
import { decodedPart } from "../server-url.ts";
import { SINGLE, type Topology } from "./schema.ts";

export const ACCEPTED_URL =
  "http(s)://[user:password@]host:port[/database][?cluster=name][&gzip=true][&ca=/file.pem] is accepted";
const DATABASE_DEFAULT = "thewatcher";
const PARAMETERS = ["cluster", "gzip", "ca"];

export interface ClickhouseAddress {
  /** Without user and password: for messages. */
  readonly origin: string;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  readonly topology: Topology;
  /** Requests and answers are compressed: for a network that is slower than a core's gzip (50 MB/s). */
  readonly gzip: boolean;
  /** PEM of who signs the server's certificate; else the system's. */
  readonly ca: Buffer | undefined;
}

const refuse = (where: string, why: string): never => {
  throw new UserError(`warehouse ${where}: ${why}; ${ACCEPTED_URL}`);
};

export function parseClickhouseUrl(text: string): ClickhouseAddress {
  // What can't be read is not shown: it may hold a password.
  if (!URL.canParse(text)) return refuse("URL", "it can't be read");
  const url = new URL(text);
  const origin = `${url.protocol}//${url.host}`;
  if (url.protocol !== "http:" && url.protocol !== "https:") refuse(origin, `scheme ${url.protocol}`);
  for (const name of url.searchParams.keys()) {
    if (!PARAMETERS.includes(name)) refuse(origin, `unknown parameter ${JSON.stringify(name)}`);
  }
  const database = url.pathname.replace(/^\/|\/$/g, "") || DATABASE_DEFAULT;
  if (!/^[A-Za-z_]\w*$/.test(database)) {
    refuse(origin, `database ${JSON.stringify(database)}: letters, digits and _ only, starting with a letter`);
  }
  const cluster = url.searchParams.get("cluster");
  if (cluster !== null && !/^[A-Za-z0-9_.-]+$/.test(cluster)) {
    refuse(origin, `cluster ${JSON.stringify(cluster)}: letters, digits, _ . - only`);
  }
  const gzip = url.searchParams.get("gzip") ?? "false";
  if (gzip !== "true" && gzip !== "false") refuse(origin, `gzip=${gzip}: true or false`);
  return {
    origin,
    database,
    username: decoded(origin, url.username) || "default",
    password: decoded(origin, url.password),
    topology: cluster === null ? SINGLE : { kind: "cluster", cluster },
    gzip: gzip === "true",
    ca: certificateOf(origin, url),
  };
}

const decoded = (origin: string, text: string): string =>
  decodedPart(text) ?? refuse(origin, "user and password are percent-encoded");

function certificateOf(origin: string, url: URL): Buffer | undefined {
  const file = url.searchParams.get("ca");
  if (file === null) return undefined;
  if (url.protocol !== "https:") refuse(origin, "ca belongs to https");
  try {
    return readFileSync(file);
  } catch (cause) {
    return refuse(origin, `ca ${file} cannot be read (${(cause as NodeJS.ErrnoException).code})`);
  }
}
