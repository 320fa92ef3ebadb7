/**
 * Settings: flags over `THEWATCHER_*` variables over one JSON file over defaults, checked by one schema. Each value
 * knows where it came from. What is unknown or malformed is refused with the setting's name and what it takes.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ServingParameters } from "@thewatcher/contracts/serving-parameters";
import { parseNetwork } from "@thewatcher/gateway/client-address";
import { parseRulesContact } from "@thewatcher/gateway/recommendation-rules";
import { tokenKeysOf } from "@thewatcher/kit/internal-token";
import { UserError } from "@thewatcher/kit/user-error";
import { z } from "zod";

/** A number, or digits: what `Number` takes besides ("", " ", "0x1F", null) is a mistake here. */
const wholeNumber = (max: number) =>
  z
    .union([
      z.number(),
      z
        .string()
        .regex(/^\d{1,15}$/)
        .transform(Number),
    ])
    .pipe(z.number().int().min(0).max(max));
const port = wholeNumber(65_535);

interface Setting {
  readonly schema: z.ZodType;
  /** undefined: none, and none is needed where nothing asks for it. */
  readonly default: string | number | undefined;
  /** Shown by `config` and in refusals. */
  readonly accepts: string;
  readonly about: string;
  /** What no output shows, and no flag takes: command lines are read by `ps`. */
  readonly secret?: true;
  /** Of a store. */
  readonly schemes?: readonly string[];
}

/** Stores inside of one process, or beside it in its data folder; every other scheme is a server's. */
const EMBEDDED_SCHEMES: readonly string[] = ["lmdb:", "file:", "chdb:", "embedded-postgres:", "memory:"];
const isEmbeddedScheme = (scheme: string): boolean => EMBEDDED_SCHEMES.includes(scheme);
export const isEmbedded = (url: string): boolean => EMBEDDED_SCHEMES.some((scheme) => url.startsWith(scheme));

const hasHost = (url: string): boolean => URL.canParse(url) && new URL(url).host !== "";

/** `kafka://[user:password@]h1:9092,h2:9092[/?…]`: each host by itself makes a URL. */
function hasHosts(url: string): boolean {
  const [, login = "", hosts = "", rest = ""] = /^kafka:\/\/([^/?#]*@)?([^/?#]*)(.*)$/.exec(url) ?? [];
  return hosts !== "" && hosts.split(",").every((host) => hasHost(`kafka://${login}${host}${rest}`));
}

/** `lmdb:event-log` names a path, `postgres://host/database` a host. */
function isStoreUrl(value: string, schemes: readonly string[]): boolean {
  const scheme = schemes.find((one) => value.startsWith(one));
  if (scheme === undefined || value.length === scheme.length) return false;
  return isEmbeddedScheme(scheme) || (scheme === "kafka:" ? hasHosts(value) : hasHost(value));
}

const storeUrl = (schemes: readonly string[], initial: string, about: string): Setting => ({
  schema: z.string().refine((value) => isStoreUrl(value, schemes)),
  default: initial,
  accepts: `a URL with one of the schemes ${schemes.join(" ")} (a relative path lies in the data folder)`,
  about,
  schemes,
});

/** The origins of a service setting, in the order given. */
export const serviceUrls = (value: string): readonly string[] => value.split(",").map((url) => url.trim());

function isServiceUrl(url: string): boolean {
  if (!/^https?:\/\//.test(url) || !hasHost(url)) return false;
  const { pathname, search, hash, username, password } = new URL(url);
  return pathname === "/" && `${search}${hash}${username}${password}` === "";
}

/** The parts of a setting that is a list. */
export const listOf = (value = ""): readonly string[] =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
const listSetting = (isPart: (part: string) => boolean) => z.string().refine((value) => listOf(value).every(isPart));

const serviceUrl = (about: string): Setting => ({
  schema: z.string().refine((value) => serviceUrls(value).every(isServiceUrl)),
  default: undefined,
  accepts: "http(s)://host:port, several separated by commas",
  about,
});

function parametersIn(text: string): ServingParameters | undefined {
  try {
    return ServingParameters.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Of a setting that was accepted. */
export function servingParametersOf({ servingParameters }: Pick<Settings, "servingParameters">): ServingParameters {
  return ServingParameters.parse(JSON.parse(servingParameters));
}

function isInternalKey(text: string): boolean {
  try {
    tokenKeysOf(text);
    return true;
  } catch {
    return false;
  }
}

/** The one table of settings. The variable of `dataDir` is THEWATCHER_DATA_DIR, and so on. */
export const SETTINGS = {
  dataDir: {
    schema: z.string().min(1),
    default: "data",
    accepts: "a folder",
    about: "everything that the embedded stores keep",
  },
  host: {
    schema: z.string().min(1),
    default: "127.0.0.1",
    accepts: "an address to listen on",
    about: "public listener",
  },
  port: { schema: port, default: 8080, accepts: "a port, 0 for a free one", about: "public listener" },
  adminHost: {
    schema: z.string().min(1),
    default: "127.0.0.1",
    accepts: "an address to listen on",
    about: "listener for health and metrics",
  },
  adminPort: {
    schema: port,
    default: 8081,
    accepts: "a port, 0 for a free one",
    about: "health, metrics, and what the command line attaches to",
  },
  logLevel: {
    schema: z.enum(["trace", "debug", "info", "warn", "error", "silent"]),
    default: "info",
    accepts: "trace, debug, info, warn, error or silent",
    about: "least level that is logged",
  },
  logFile: {
    schema: z.string().min(1),
    default: "thewatcher.log",
    accepts: "a file (relative: in the data folder), or - for standard error",
    about: "where logs go",
  },
  seed: {
    schema: wholeNumber(4_294_967_295),
    default: 42,
    accepts: "a whole number from 0 to 4294967295",
    about: "of the demo world and of training",
  },
  eventLogUrl: storeUrl(["lmdb:", "kafka:"], "lmdb:event-log", "event log"),
  warehouseUrl: storeUrl(["chdb:", "http:", "https:"], "chdb:warehouse", "warehouse"),
  recommendationsUrl: storeUrl(
    ["lmdb:", "tarantool:", "tarantool+driver:"],
    "lmdb:recommendations",
    "each profile's list and live state",
  ),
  databaseUrl: storeUrl(["embedded-postgres:", "postgres:", "postgresql:"], "embedded-postgres:database", "database"),
  cacheUrl: storeUrl(["lmdb:", "redis:", "rediss:"], "lmdb:cache", "sessions"),
  searchUrl: storeUrl(["memory:", "http:", "https:"], "memory:search", "search"),
  objectsUrl: storeUrl(["file:", "s3:"], "file:objects", "models and other objects"),
  mailUrl: storeUrl(["file:", "smtp:", "smtps:"], "file:mail", "mail to those who sign up, as files or over SMTP"),
  publicOrigin: {
    schema: z.string().refine(isServiceUrl),
    default: undefined,
    accepts: "http(s)://host[:port], such as https://thewatcher.by",
    about: "what links in mails begin with (default: where the public listener is)",
  },
  catalogUrl: serviceUrl("where the role catalog answers, with --roles"),
  servingUrl: serviceUrl("where the role serving answers, with --roles"),
  ingestionUrl: serviceUrl("where the role ingestion answers, with --roles"),
  controlUrl: serviceUrl("where the role control answers, with --roles"),
  recommendationsContact: {
    schema: z.string().refine((value) => parseRulesContact(value) !== undefined),
    default: undefined,
    accepts: "an e-mail address, or a name with one: Cinema Ltd <rules@thewatcher.by>",
    about: "who answers for the rules of recommending, on their public page",
  },
  publicHosts: {
    schema: listSetting((name) => /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(name)),
    default: undefined,
    accepts: "host names without ports, separated by commas",
    about: "names beside the zones' own and loopback that the public door answers under",
  },
  trustedProxies: {
    schema: listSetting((network) => parseNetwork(network) !== undefined),
    default: undefined,
    accepts: "addresses and networks such as 10.0.0.0/8 or 2001:db8::/32, separated by commas",
    about: "proxies that are believed about who asks (X-Forwarded-For) and from which country (X-Edge-Country)",
  },
  internalKey: {
    schema: z.string().refine(isInternalKey),
    default: undefined,
    accepts: "an Ed25519 private key in PEM or base64, the same for all roles (`thewatcher internal-key` makes one)",
    about: "signs what services say to each other, with --roles",
    secret: true,
  },
  servingParameters: {
    schema: z.string().refine((text) => parametersIn(text) !== undefined),
    default: "{}",
    accepts: `JSON with any of ${Object.keys(ServingParameters.shape).join(", ")} (contracts/src/serving-parameters.ts)`,
    about: "what of serving is switched off or tuned",
  },
  syntheticViewer: {
    schema: z.enum(["on", "off"]),
    default: "on",
    accepts: "on or off",
    about: "whether the process with the role gateway measures each minute how soon a page knows an event",
  },
  loadShedding: {
    schema: z.enum(["on", "off"]),
    default: "on",
    accepts: "on or off",
    about:
      "whether a process with too much to do refuses what can best wait; off: everybody waits, to measure by how long",
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

export interface Settings {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly adminHost: string;
  readonly adminPort: number;
  readonly logLevel: string;
  readonly logFile: string;
  readonly seed: number;
  readonly eventLogUrl: string;
  readonly warehouseUrl: string;
  readonly recommendationsUrl: string;
  readonly databaseUrl: string;
  readonly cacheUrl: string;
  readonly searchUrl: string;
  readonly objectsUrl: string;
  readonly mailUrl: string;
  readonly publicOrigin: string | undefined;
  readonly catalogUrl: string | undefined;
  readonly servingUrl: string | undefined;
  readonly ingestionUrl: string | undefined;
  readonly controlUrl: string | undefined;
  readonly recommendationsContact: string | undefined;
  readonly publicHosts: string | undefined;
  readonly trustedProxies: string | undefined;
  readonly internalKey: string | undefined;
  readonly servingParameters: string;
  readonly syntheticViewer: "on" | "off";
  readonly loadShedding: "on" | "off";
}

export interface ResolvedSettings {
  readonly values: Settings;
  readonly origins: Readonly<Record<SettingName, string>>;
}

const PREFIX = "THEWATCHER_";
/** Not a setting but the way to the file of settings. */
const FILE_VARIABLE = "THEWATCHER_CONFIG";

export const variableOf = (name: SettingName): string =>
  PREFIX + name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
export const flagOf = (name: SettingName): string =>
  `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

export function resolveSettings(input: {
  /** By setting name; undefined: not given. */
  readonly flags: Readonly<Partial<Record<SettingName, string>>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly configFile?: string | undefined;
}): ResolvedSettings {
  const fromFile = readFile(input.configFile ?? input.env[FILE_VARIABLE]);
  const byVariable = new Map(SETTING_NAMES.map((name) => [variableOf(name), name]));
  for (const variable of Object.keys(input.env)) {
    if (!variable.startsWith(PREFIX) || byVariable.has(variable) || variable === FILE_VARIABLE) continue;
    throw new UserError(
      `environment: unknown setting ${variable}; ${closest(variable, [...byVariable.keys(), FILE_VARIABLE])} (\`thewatcher config\` lists all)`,
    );
  }
  const values: Partial<Record<SettingName, unknown>> = {};
  const origins: Partial<Record<SettingName, string>> = {};
  for (const name of SETTING_NAMES) {
    const candidates: readonly (readonly [unknown, string])[] = [
      [input.flags[name], `flag ${flagOf(name)}`],
      [input.env[variableOf(name)], `environment ${variableOf(name)}`],
      [fromFile.values[name], `file ${fromFile.path}`],
      [SETTINGS[name].default, "default"],
    ];
    const [raw, origin] = candidates.find(([value]) => value !== undefined) ?? [undefined, "default"];
    origins[name] = origin;
    if (raw === undefined) continue;
    const parsed = SETTINGS[name].schema.safeParse(raw);
    if (!parsed.success || raw === "") {
      const isShown = typeof raw === "string" || isSecret(name);
      const shown = JSON.stringify(isShown ? shownValue(name, String(raw)) : raw);
      throw new UserError(`${origin}: ${name} ${shown} is refused; accepted: ${SETTINGS[name].accepts}`);
    }
    values[name] = parsed.data;
  }
  values.dataDir = resolve(String(values.dataDir));
  return { values: values as unknown as Settings, origins: origins as Record<SettingName, string> };
}

function readFile(path: string | undefined): { path: string; values: Partial<Record<SettingName, unknown>> } {
  if (path === undefined) return { path: "", values: {} };
  let text: string;
  try {
    // Some editors begin a file with a byte-order mark.
    text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch (cause) {
    throw new UserError(`settings file ${path}: cannot be read (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UserError(`settings file ${path}: not JSON (${(cause as Error).message})`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UserError(`settings file ${path}: one JSON object is expected, such as {"port": 8080}`);
  }
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(SETTINGS, key))
      throw new UserError(`settings file ${path}: unknown key ${JSON.stringify(key)}; ${closest(key, SETTING_NAMES)}`);
  }
  return { path, values: value };
}

/** "did you mean X?" where something is within two edits, else the list. */
export function closest(given: string, known: readonly string[]): string {
  const best = known
    .map((name) => ({ name, distance: editDistance(given.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return best && best.distance <= 2 ? `did you mean ${best.name}?` : `accepted: ${known.join(", ")}`;
}

/** Levenshtein, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(
        Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

export const isSecret = (name: SettingName): boolean => "secret" in SETTINGS[name];

/** A value fit to be shown; empty for none. */
export function shownValue(name: SettingName, value: string | number | undefined): string {
  if (value === undefined || value === "") return "";
  return isSecret(name) ? "***" : withoutPassword(String(value));
}

/** A URL fit to be shown: without a password, be it before the host (up to the last @) or a parameter. */
export function withoutPassword(url: string): string {
  return url
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^:/?#]*):.*@/i, "$1:***@")
    .replaceAll(/([?&](?:password|pass|sslpassword|secret|token)=)[^&#]*/gi, "$1***");
}
