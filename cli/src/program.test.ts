import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runProgram } from "./program.ts";
import { resolveSettings } from "./settings.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "program-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const code = await runProgram(args, {
    writeOut: (text) => {
      out += text;
    },
    writeErr: (text) => {
      err += text;
    },
    isTerminal: false,
  });
  return { code, out, err };
}

describe("a mistake on the command line is one line and exit code 2", () => {
  test.each<[readonly string[], string]>([
    [["start", "--prot", "80"], "unknown option '--prot' (Did you mean --port?)"],
    [["--wrong"], "unknown option '--wrong'"],
    [["trian"], "unknown command 'trian' (Did you mean train?)"],
    [["import", "movielense", "x"], "unknown command 'movielense' (Did you mean movielens?)"],
    [["import", "movielens"], "missing required argument 'folder'"],
    [["import", "movielens", "a", "b"], "too many arguments"],
    [["token"], "required option '--role <role>' not specified"],
    [["recommend", "p", "-n"], "option '-n, --count <n>' argument missing"],
    [["recommend", "p", "-n", "0"], '-n "0": a whole number from 1 to 100 is accepted'],
    [["recommend", "p", "-n", "ten"], '-n "ten": a whole number from 1 to 100 is accepted'],
    [["start", "--roles", "collector"], '"collector" is no role; accepted: gateway, catalog, ingestion'],
    [["start", "--roles", "sink", "--world", "demo"], "--world goes with the cinema of one process"],
    [["start", "--roles", "sink"], "THEWATCHER_EVENT_LOG_URL=lmdb:event-log is embedded in one process (takes kafka:)"],
    [["start", "--internal-key", "x"], "unknown option '--internal-key'"],
    [["start", "--world", "flat"], '--world "flat": demo or empty is accepted'],
    [["token", "--role", "viewer"], '--role "viewer": service, analyst, product, editor or operator is accepted'],
    [["token", "--role", "service", "--days", "-1"], '--days "-1": a whole number from 1 to 3650 is accepted'],
    [["import", "movielens", "x", "--country", "by"], '--country "by": two capital letters are accepted, such as BY'],
    [["train", "--set", "regularization"], '--set "regularization": key=value is accepted'],
    [
      ["evaluate"],
      "what to evaluate on: --train <file> --test <file> [--exclude <file>] [--history <file>], or <file>",
    ],
    [["evaluate", "x.csv"], "x.csv: --split <how> says what is held out: leave-one-out, time:<share or moment>"],
    [["evaluate", "x.csv", "--split", "random:2"], '--split "random:2": leave-one-out, time:<share or moment>'],
    [["evaluate", "/nowhere/x.csv", "--split", "random:0.1"], "/nowhere/x.csv: no such file"],
    [["evaluate", "--train", "a.csv", "--test", "b.csv", "--inner"], "--inner goes with --split only"],
    [["evaluate", "--seeds", "0"], '--seeds "0": a whole number from 1 to 100 is accepted'],
    [["evaluate", "--per-user", "x.txt"], "--per-user x.txt: the name must end in .tsv, .csv or .jsonl"],
    [["config", "--port", "many"], 'flag --port: port "many" is refused; accepted: a port, 0 for a free one'],
    [["config", "--config", "/nowhere/x.json"], "settings file /nowhere/x.json: cannot be read (ENOENT)"],
  ])("%j", async (args, message) => {
    const { code, out, err } = await run(...args);
    expect(err).toContain(message);
    expect(err).toMatch(/^thewatcher: [^\n]+\n$/);
    expect({ code, out }).toEqual({ code: 2, out: "" });
  });
});

test("--help and --version of every command end with 0 and say something", async () => {
  for (const command of [
    [],
    ["start"],
    ["import"],
    ["import", "movielens"],
    ["import", "interactions"],
    ["train"],
    ["recommend"],
    ["evaluate"],
    ["rollback"],
    ["doctor"],
    ["config"],
    ["token"],
    ["sign-in-link"],
    ["internal-key"],
    ["migrate"],
  ]) {
    const { code, out, err } = await run(...command, "--help");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain(`Usage: ${["thewatcher", ...command].join(" ")}`);
  }
  expect((await run("--version")).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("a key for all roles is one line, another each time, and what the setting takes", async () => {
  const keys = new Set<string>();
  for (let i = 0; i < 2; i++) {
    const written: string[] = [];
    const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
    const { code, err } = await run("internal-key").finally(() => write.mockRestore());
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const [line = "", end] = written.join("").split("\n");
    expect(end).toBe("");
    expect(resolveSettings({ flags: {}, env: { THEWATCHER_INTERNAL_KEY: line } }).values.internalKey).toBe(line);
    keys.add(line);
  }
  expect(keys.size).toBe(2);
});

test("evaluate needs no data folder: figures as JSON, and each user's own in a file", async () => {
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const train = await file("train.csv", "1,a\n1,b\n2,a\n2,c\n3,a\n3,b\n");
  const test_ = await file("test.csv", '"x, y",a\n1,c\n');
  const perUser = join(folder, "users.csv");
  const written: string[] = [];
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  const args = ["--model", "popularity", "--metrics", "recall@1", "--json", "--per-user", perUser];
  const { code, err } = await run("evaluate", "--train", train, "--test", test_, ...args).finally(() =>
    write.mockRestore(),
  );
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const report = JSON.parse(written.join(""));
  expect(report.evaluation.model.metrics["recall@1"]).toMatchObject({ kind: "value", value: 1, userCount: 2 });
  expect(report.evaluation.model.againstRandom["recall@1"].interval.high).toBeGreaterThanOrEqual(0);
  expect(report.counts).toMatchObject({ coldUsers: 1, evaluatedUsers: 2 });
  expect(await readFile(perUser, "utf8")).toMatch(
    /^user,model:recall@1,popular:recall@1,random:recall@1\n1,1,1,[01]\n"x, y",1,1,[01]\n$/,
  );
  expect(await readdir(folder)).toEqual(["test.csv", "train.csv", "users.csv"]);
});

test("without a command the help is shown, as a mistake", async () => {
  const { code, err } = await run();
  expect(code).toBe(2);
  expect(err).toContain("Usage: thewatcher");
});
