import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { encodeTokenKeys, generateTokenKeys } from "@thewatcher/kit/internal-token";
import { UserError } from "@thewatcher/kit/user-error";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  closest,
  flagOf,
  resolveSettings,
  SETTING_NAMES,
  SETTINGS,
  type SettingName,
  serviceUrls,
  shownValue,
  variableOf,
  withoutPassword,
} from "./settings.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "settings-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function writeSettings(text: string): Promise<string> {
  const path = join(folder, "settings.json");
  await writeFile(path, text);
  return path;
}
const resolved = (input: Partial<Parameters<typeof resolveSettings>[0]>) =>
  resolveSettings({ flags: {}, env: {}, ...input });

function refusal(input: Partial<Parameters<typeof resolveSettings>[0]>): string {
  try {
    resolved(input);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).not.toContain("\n");
    return (error as Error).message;
  }
  throw new Error("accepted");
}

describe("where a value comes from", () => {
  test("nothing given: the defaults, each good, named as such", () => {
    const { values, origins } = resolved({});
    for (const name of SETTING_NAMES) {
      expect(origins[name]).toBe("default");
      if (name !== "dataDir") expect(values[name]).toBe(SETTINGS[name].default);
    }
    expect(values.dataDir).toBe(resolve("data"));
  });

  test("a flag over a variable over the file over the default", async () => {
    const path = await writeSettings('{"port": 3, "adminPort": 3, "seed": 3}');
    const { values, origins } = resolved({
      flags: { port: "1" },
      env: { THEWATCHER_PORT: "2", THEWATCHER_ADMIN_PORT: "2", THEWATCHER_CONFIG: path },
    });
    expect([values.port, values.adminPort, values.seed, values.logLevel]).toEqual([1, 2, 3, "info"]);
    expect([origins.port, origins.adminPort, origins.seed, origins.logLevel]).toEqual([
      "flag --port",
      "environment THEWATCHER_ADMIN_PORT",
      `file ${path}`,
      "default",
    ]);
  });

  test("the file given by flag counts, not the one of the variable; a byte-order mark is no mistake", async () => {
    const path = await writeSettings('\uFEFF{"port": "4"}');
    expect(resolved({ configFile: path, env: { THEWATCHER_CONFIG: "/nowhere" } }).values.port).toBe(4);
  });

  test("each setting has its own flag and variable", () => {
    expect([flagOf("adminPort"), variableOf("adminPort")]).toEqual(["--admin-port", "THEWATCHER_ADMIN_PORT"]);
    expect(new Set(SETTING_NAMES.map(flagOf)).size).toBe(SETTING_NAMES.length);
    expect(new Set(SETTING_NAMES.map(variableOf)).size).toBe(SETTING_NAMES.length);
  });
});

describe("what is refused", () => {
  test("an unknown variable or key, with the nearest name, or with all of them", async () => {
    expect(refusal({ env: { THEWATCHER_PROT: "1" } })).toBe(
      "environment: unknown setting THEWATCHER_PROT; did you mean THEWATCHER_PORT? (`thewatcher config` lists all)",
    );
    expect(refusal({ env: { THEWATCHER_COLOUR: "1" } })).toContain("accepted: THEWATCHER_DATA_DIR, THEWATCHER_HOST");
    const path = await writeSettings('{"adminport": 1}');
    expect(refusal({ configFile: path })).toBe(
      `settings file ${path}: unknown key "adminport"; did you mean adminPort?`,
    );
    const inherited = await writeSettings('{"constructor": 1}');
    expect(refusal({ configFile: inherited })).toContain('unknown key "constructor"; accepted: dataDir, host');
    expect(resolved({ env: { PATH: "/bin", THEWATCHERX: "1" } }).values.port).toBe(8080);
  });

  const malformed: Record<SettingName, readonly string[]> = {
    dataDir: [""],
    host: [""],
    port: ["", " ", "x", "-1", "65536", "80.5", "0x50", "1e3", " 80"],
    adminHost: [""],
    adminPort: ["65536", "eight"],
    logLevel: ["loud", "INFO", ""],
    logFile: [""],
    seed: ["-1", "4294967296", "1.5", ""],
    eventLogUrl: ["event-log", "lmdb:", "kafka:", "kafka://", "kafka://a,", "kafka://a:x,b", "redis://x", ""],
    warehouseUrl: ["http:", "http://", "chdb:", "clickhouse://x"],
    recommendationsUrl: ["redis://x", "lmdb:", "tarantool:", "tarantool+driver://", "tarantool+other://x"],
    databaseUrl: ["mysql://x", "postgres:", "postgres://", "embedded-postgres:"],
    cacheUrl: ["memcached://x", "redis:", "rediss://"],
    searchUrl: ["memory:", "http://", "lmdb:search"],
    objectsUrl: ["gs://x", "s3:", "s3://", "file:"],
    mailUrl: ["file:", "smtp:", "smtps://", "mailto:a@b.by", "pop3://x"],
    publicOrigin: ["", "thewatcher.by", "ftp://thewatcher.by", "https://thewatcher.by/x", "https://u@thewatcher.by"],
    catalogUrl: ["", "catalog:8080", "http://", "ftp://x", "http://x/path", "http://x/?a=b", "http://u@x", "http://x,"],
    servingUrl: ["serving", "http://x,y"],
    ingestionUrl: [",", "https://x#y"],
    controlUrl: ["control:8080", "http://x?y"],
    recommendationsContact: ["", "nobody", "a@", "Cinema <>", "a@b c@d", "<x@y>z"],
    publicHosts: ["", "a b", "host:8080", "https://host", "-x", "a,/"],
    trustedProxies: ["", "10.0.0.0/33", "proxy", "::1/129", "10.0.0.0/8,x", "fe80::1%eth0"],
    internalKey: [],
    servingParameters: ["", "on", "[]", '{"diversity":2}', '{"diversty":0.1}', '{"sourcesOff":["everything"]}'],
    syntheticViewer: ["", "yes", "ON"],
    loadShedding: ["", "no", "OFF"],
  };
  test.each(SETTING_NAMES.flatMap((name) => malformed[name].map((value) => [name, value] as const)))(
    "%s = %j, from wherever, with what is accepted",
    async (name, value) => {
      const ending = `: ${name} ${JSON.stringify(value)} is refused; accepted: ${SETTINGS[name].accepts}`;
      expect(refusal({ flags: { [name]: value } })).toBe(`flag ${flagOf(name)}${ending}`);
      expect(refusal({ env: { [variableOf(name)]: value } })).toBe(`environment ${variableOf(name)}${ending}`);
      const path = await writeSettings(JSON.stringify({ [name]: value }));
      expect(refusal({ configFile: path })).toBe(`file ${path}${ending}`);
    },
  );

  test.each(["null", "true", "[]", "{}", "[80]"])("a port of %s in the file", async (value) => {
    const path = await writeSettings(`{"port": ${value}}`);
    expect(refusal({ configFile: path })).toContain(`file ${path}: port ${value} is refused; accepted: a port`);
  });

  test.each([
    ["{", "not JSON"],
    ["[]", "one JSON object is expected"],
    ["null", "one JSON object is expected"],
    ["", "not JSON"],
  ])("a file that holds %j", async (text, message) => {
    const path = await writeSettings(text);
    expect(refusal({ configFile: path })).toContain(`settings file ${path}: ${message}`);
  });

  test("a file that is not there, or is a folder", () => {
    expect(refusal({ configFile: join(folder, "none.json") })).toContain("none.json: cannot be read (ENOENT)");
    expect(refusal({ configFile: folder })).toContain("cannot be read (EISDIR)");
  });

  test("a secret that is refused is not shown, from wherever; empty is said", async () => {
    const ending = `accepted: ${SETTINGS.internalKey.accepts}`;
    for (const [value, shown] of [
      ["hush", "***"],
      ["", ""],
    ] as const) {
      const refused = `: internalKey "${shown}" is refused; ${ending}`;
      expect(refusal({ env: { THEWATCHER_INTERNAL_KEY: value } })).toBe(
        `environment THEWATCHER_INTERNAL_KEY${refused}`,
      );
      const path = await writeSettings(JSON.stringify({ internalKey: value }));
      expect(refusal({ configFile: path })).toBe(`file ${path}${refused}`);
    }
    const path = await writeSettings('{"internalKey": 4711}');
    expect(refusal({ configFile: path })).not.toContain("4711");
  });

  test("a refused URL does not show its password", () => {
    expect(refusal({ flags: { databaseUrl: "mysql://me:hush@db/x" } })).toContain('"mysql://me:***@db/x" is refused');
  });
});

describe("what is taken", () => {
  test("servers of every store, several brokers, services at several addresses, a key", () => {
    const key = encodeTokenKeys(generateTokenKeys());
    const given = {
      eventLogUrl: "kafka://me:hush@k1:9092,k2:9092/?prefix=x",
      warehouseUrl: "https://me:hush@clickhouse:8443/thewatcher",
      recommendationsUrl: "tarantool+driver://me:hush@t:3301",
      databaseUrl: "postgresql://me:hush@db/x",
      cacheUrl: "rediss://:hush@r:6380/1",
      searchUrl: "http://e:9200",
      objectsUrl: "s3://key:hush@m:9000/bucket/prefix",
      catalogUrl: "http://a:1, https://b:2/",
      internalKey: key,
    };
    const { values } = resolved({ flags: given });
    expect(values).toMatchObject(given);
    expect(serviceUrls(values.catalogUrl ?? "")).toEqual(["http://a:1", "https://b:2/"]);
    for (const name of SETTING_NAMES) expect(shownValue(name, values[name])).not.toMatch(/hush/);
    expect(shownValue("internalKey", values.internalKey)).toBe("***");
    expect(shownValue("servingUrl", values.servingUrl)).toBe("");
  });
});

test.each([
  ["postgres://me:hush@db:5432/x", "postgres://me:***@db:5432/x"],
  ["postgres://me:h@u/sh@db/x", "postgres://me:***@db/x"],
  ["postgresql://:hush@db/x", "postgresql://:***@db/x"],
  ["http://db:8123/?user=me&password=hush&database=x", "http://db:8123/?user=me&password=***&database=x"],
  ["https://me@db:8443/x", "https://me@db:8443/x"],
  ["http://127.0.0.1:8123", "http://127.0.0.1:8123"],
  ["kafka://me:hush@a:1,b:2/?x=1", "kafka://me:***@a:1,b:2/?x=1"],
  ["tarantool+driver://me:hush@t:3301", "tarantool+driver://me:***@t:3301"],
  ["redis://:hush@r/0", "redis://:***@r/0"],
  ["lmdb:event-log", "lmdb:event-log"],
])("%s is shown without its password", (url, shown) => {
  expect(withoutPassword(url)).toBe(shown);
});

test("the nearest name is offered within two edits, else all", () => {
  expect(closest("prot", ["port", "host"])).toBe("did you mean port?");
  expect(closest("foo", ["port", "host"])).toBe("accepted: port, host");
});
