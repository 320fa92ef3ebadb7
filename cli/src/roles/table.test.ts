import { readFileSync } from "node:fs";
import { encodeTokenKeys, generateTokenKeys } from "@thewatcher/kit/internal-token";
import { UserError } from "@thewatcher/kit/user-error";
import { describe, expect, test } from "vitest";
import { STORES } from "../open-stores.ts";
import { resolveSettings, type Settings } from "../settings.ts";
import {
  neededStoresOf,
  parseRoles,
  ROLE_NAMES,
  ROLES,
  type RoleName,
  requireRoleSettings,
  storesOf,
} from "./table.ts";

const SERVERS = {
  eventLogUrl: "kafka://k:9092",
  warehouseUrl: "http://c:8123",
  recommendationsUrl: "tarantool://t:3301",
  databaseUrl: "postgres://p/thewatcher",
  cacheUrl: "redis://r",
  objectsUrl: "s3://a:b@m:9000/bucket",
  catalogUrl: "http://catalog:8080",
  servingUrl: "http://serving:8080",
  ingestionUrl: "http://ingestion:8080",
  controlUrl: "http://control:8080",
  mailUrl: "smtp://mail/?from=cinema@thewatcher.by",
  publicOrigin: "https://thewatcher.by",
} as const;
const KEY = encodeTokenKeys(generateTokenKeys());

const settings = (flags: Record<string, string>): Settings => resolveSettings({ flags, env: {} }).values;
const everything = settings({ ...SERVERS, internalKey: KEY });

function refusal(roles: readonly RoleName[], given: Settings): string {
  try {
    requireRoleSettings(roles, given);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).not.toContain("\n");
    return (error as Error).message;
  }
  throw new Error("accepted");
}

describe("--roles", () => {
  test("takes roles separated by commas, each once, in the order of the table", () => {
    expect(parseRoles("serving")).toEqual(["serving"]);
    expect(parseRoles("trainer, gateway,serving,gateway")).toEqual(["gateway", "serving", "trainer"]);
    expect(parseRoles(ROLE_NAMES.join(","))).toEqual(ROLE_NAMES);
  });

  test.each(["", "collector", "serving,", "Serving", "constructor"])("refuses %j with all that are", (given) => {
    expect(() => parseRoles(given)).toThrow(
      /is no role; accepted: gateway, catalog, ingestion, serving, control, sink, trainer/,
    );
  });
});

describe("what a process of a role must be told", () => {
  test.each(ROLE_NAMES)("%s: with everything said it starts", (role) => {
    expect(() => requireRoleSettings([role], everything)).not.toThrow();
  });

  test.each(ROLE_NAMES)("%s: each embedded store that it uses is named, with what is taken; no other", (role) => {
    const message = refusal(
      [role],
      settings({
        internalKey: KEY,
        catalogUrl: "http://c",
        servingUrl: "http://s",
        ingestionUrl: "http://i",
        controlUrl: "http://r",
      }),
    );
    const named = [...message.matchAll(/THEWATCHER_(\w+)_URL=/g)].map(([, name]) => name?.toLowerCase());
    // A catalogue that searches in its own memory is whole: that index is kept in any case.
    const used = storesOf([role])
      .filter((name) => name !== "search")
      .map((name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
    expect(new Set(named)).toEqual(new Set(used));
  });

  test("in one line: embedded stores, missing addresses, the missing key", () => {
    expect(refusal(["ingestion"], settings({}))).toBe(
      "--roles=ingestion: THEWATCHER_EVENT_LOG_URL=lmdb:event-log is embedded in one process (takes kafka:); " +
        "THEWATCHER_CATALOG_URL is missing (http(s)://host:port, several separated by commas); " +
        "THEWATCHER_INTERNAL_KEY is missing (an Ed25519 private key in PEM or base64, the same for all roles (`thewatcher internal-key` makes one))",
    );
  });

  test("the door must know its own name and who carries its mail", () => {
    const { mailUrl: _, publicOrigin: __, ...others } = SERVERS;
    expect(refusal(["gateway"], settings({ ...others, internalKey: KEY }))).toBe(
      "--roles=gateway: THEWATCHER_MAIL_URL is missing (smtp[s]://…?from=…); " +
        "THEWATCHER_PUBLIC_ORIGIN is missing (http(s)://host[:port], such as https://thewatcher.by)",
    );
  });

  test("a service of the same process needs no address; what answers nobody needs no key", () => {
    const { catalogUrl: _, ...others } = SERVERS;
    expect(() => requireRoleSettings(["catalog", "serving"], settings({ ...others, internalKey: KEY }))).not.toThrow();
    expect(refusal(["serving"], settings({ ...others, internalKey: KEY }))).toContain("THEWATCHER_CATALOG_URL");
    expect(() => requireRoleSettings(["sink"], settings(SERVERS))).not.toThrow();
    for (const role of ["gateway", "catalog", "ingestion", "serving", "control", "trainer"] as const)
      expect(refusal([role], settings(SERVERS))).toContain("THEWATCHER_INTERNAL_KEY is missing");
  });

  test("serving is ready without any of its stores; a page is better than none", () => {
    expect(neededStoresOf(["serving"])).toEqual([]);
    expect(storesOf(["serving"])).toEqual(["eventLog", "recommendations", "objects", "database"]);
    expect(neededStoresOf(["gateway", "ingestion"])).toEqual(["database", "cache", "eventLog"]);
  });
});

test("the page about the distributed mode says the same", () => {
  const page = readFileSync(new URL("../../../docs/distributed.md", import.meta.url), "utf8");
  const told = [...page.matchAll(/^\| ([a-z]+) \| (.*) \|$/gm)]
    .filter(([, role = ""]) => Object.hasOwn(ROLES, role))
    .map(([, role, cells = ""]) => [role, ...cells.split(" | ")]);
  const cell = (names: readonly string[]) => names.join(", ") || "–";
  const titles = (names: readonly (keyof typeof STORES)[]) => cell(names.map((name) => STORES[name].title));
  expect(told).toEqual(
    ROLE_NAMES.map((role) => {
      const { needs, degradesWithout, calls, listens } = ROLES[role];
      return [role, titles(needs), titles(degradesWithout), cell(calls), listens ?? "–"];
    }),
  );
});
