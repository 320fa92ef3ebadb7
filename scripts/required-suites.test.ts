import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const scripts = dirname(fileURLToPath(import.meta.url));
const root = dirname(scripts);
const listed = (file: string) =>
  readFileSync(join(scripts, file), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
const core = listed("required-suites.txt");
const real = listed("required-real-suites.txt");
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "required-suites-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LONG_MESSAGE = Array.from({ length: 30 }, (_, line) => `\u001b[31mline ${line}\u001b[39m`).join("\n");

/** One report of vitest: each file with the statuses of its tests. */
function report(name: string, files: Readonly<Record<string, readonly string[]>>): string {
  const testResults = Object.entries(files).map(([file, statuses]) => ({
    name: join(root, file),
    status: statuses.includes("failed") ? "failed" : "passed",
    message: "",
    assertionResults: statuses.map((status, index) => ({
      status,
      fullName: `test ${index}`,
      failureMessages: status === "failed" ? [LONG_MESSAGE] : [],
    })),
  }));
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ testResults }));
  return path;
}

const whole = (files: readonly string[], status = "passed") =>
  Object.fromEntries(files.map((file) => [file, [status]]));

function judge(...args: string[]) {
  return judgeWith(join(scripts, "required-suites.mjs"), ...args);
}

function judgeWith(program: string, ...args: string[]) {
  const run = spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });
  return { status: run.status, complaints: run.stderr, last: run.stdout.trim() };
}

describe("the required suites", () => {
  test("of both runs are counted in one line", () => {
    const judged = judge("--core", report("core.json", whole(core)), "--real", report("real.json", whole(real)));
    expect(judged).toEqual({
      status: 0,
      complaints: "",
      last: `${core.length + real.length} passed, 0 failed, 0 skipped`,
    });
  });

  test("that are missing, skipped, or not listed are failures by name", () => {
    const [first = "", second = "", ...others] = core;
    const files = { ...whole(others), [second]: ["passed", "skipped"], "kit/src/new.test.ts": ["passed"] };
    const judged = judge("--core", report("core.json", files));
    expect(judged.status).toBe(1);
    expect(judged.complaints).toContain(`${first}: required, and did not run`);
    expect(judged.complaints).toContain(`${second}: 1 tests skipped`);
    expect(judged.complaints).toContain("kit/src/new.test.ts: not listed in scripts/required-suites.txt");
    expect(judged.last).toBe(`${core.length} passed, 3 failed, 1 skipped`);
  });

  test("say why they failed right before the counts, bounded, and count once", () => {
    const [first = "", ...others] = core;
    const judged = judge("--core", report("core.json", { ...whole(others), [first]: ["failed"] }));
    const lines = Array.from({ length: 12 }, (_, line) => `    line ${line}\n`).join("");
    expect(judged).toEqual({
      status: 1,
      complaints: `failed: ${first}: test 0\n${lines}`,
      last: `${others.length} passed, 1 failed, 0 skipped`,
    });
    const many = judge("--core", report("core.json", { ...whole(others), [first]: Array(23).fill("failed") }));
    expect(many.complaints.match(/^failed: .*: test \d+$/gm)).toHaveLength(20);
    expect(many.complaints).toContain("failed: 3 more; see above");
    expect(many.last).toBe(`${others.length} passed, 23 failed, 0 skipped`);
  });

  test("that can't be imported fail once, as that", () => {
    const [first = "", ...others] = core;
    const path = report("core.json", { ...whole(others), [first]: [] });
    const left = JSON.parse(readFileSync(path, "utf8"));
    Object.assign(left.testResults.at(-1), { status: "failed", message: "no such module" });
    writeFileSync(path, JSON.stringify(left));
    expect(judge("--core", path)).toEqual({
      status: 1,
      complaints: `failed: ${first}: outside of its tests\n    no such module\n`,
      last: `${others.length} passed, 1 failed, 0 skipped`,
    });
  });

  test("a line of the list that is neither a comment nor a test file that is there is a failure", () => {
    const own = join(folder, "own");
    mkdirSync(join(own, "scripts"), { recursive: true });
    mkdirSync(join(own, "kit/src"), { recursive: true });
    writeFileSync(join(own, "kit/src/a.test.ts"), "");
    writeFileSync(join(own, "kit/src/a.ts"), "");
    const program = join(own, "scripts/required-suites.mjs");
    copyFileSync(join(scripts, "required-suites.mjs"), program);
    writeFileSync(
      join(own, "scripts/required-suites.txt"),
      "# A comment.\nEvery suite must run.\nkit/src/a.test.ts\nkit/src/a.ts\nkit/src/gone.test.ts\n",
    );
    const path = join(own, "core.json");
    const ran = { name: join(own, "kit/src/a.test.ts"), status: "passed", assertionResults: [{ status: "passed" }] };
    writeFileSync(path, JSON.stringify({ testResults: [ran] }));
    const judged = judgeWith(program, "--core", path);
    for (const line of ["Every suite must run.", "kit/src/a.ts", "kit/src/gone.test.ts"])
      expect(judged.complaints).toContain(`"${line}" is neither a comment (#) nor a test file that is there`);
    expect(judged.last).toBe("1 passed, 3 failed, 0 skipped");
  });

  test("need no data set that is not in the repository", () => {
    const files = { ...whole(core), "cli/src/evaluation.datasets.test.ts": ["skipped"] };
    expect(judge("--core", report("core.json", files))).toMatchObject({
      status: 0,
      last: `${core.length} passed, 0 failed, 1 skipped`,
    });
  });

  test("a run that left no report is a failure", () => {
    expect(judge("--core", report("core.json", whole(core)), "--real", join(folder, "nowhere.json"))).toMatchObject({
      status: 1,
      last: `${core.length} passed, 1 failed, 0 skipped`,
    });
  });

  test("are not all: a failed step, and a run that failed outside of its tests, are failures", () => {
    const path = report("core.json", whole(core));
    expect(judge("--core", path, "--failed-step", "npm run check")).toMatchObject({
      status: 1,
      last: `${core.length} passed, 1 failed, 0 skipped`,
    });
    expect(judge("--core", path, "--nonzero", "core")).toMatchObject({
      status: 1,
      last: `${core.length} passed, 1 failed, 0 skipped`,
    });
  });

  test("that need a server fail where they are skipped on Debian 12, and are named elsewhere", () => {
    const isDebian12 =
      /^VERSION_ID="12"$/m.test(readText("/etc/os-release")) && /^ID=debian$/m.test(readText("/etc/os-release"));
    const files = { ...whole(real.slice(1)), [real[0] ?? ""]: ["skipped"] };
    const judged = judge("--core", report("core.json", whole(core)), "--real", report("real.json", files));
    expect(judged.status).toBe(isDebian12 ? 1 : 0);
    expect(judged.complaints).toContain(`${real[0]}: 1 tests skipped`);
  });
});

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

test("the lists are sorted, and name every suite once", () => {
  for (const list of [core, real]) expect(list).toEqual([...new Set(list)].sort());
});
