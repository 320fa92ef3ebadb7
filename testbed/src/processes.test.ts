import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { identify, identifyByStat, isSameProcess } from "./processes.ts";

describe("a process", () => {
  test("is its number and its start: the same number with another start is another process", () => {
    const me = identify(process.pid);
    expect(me?.pid).toBe(process.pid);
    expect(isSameProcess({ pid: process.pid, startedAt: me?.startedAt ?? "" })).toBe(true);
    expect(isSameProcess({ pid: process.pid, startedAt: "1" })).toBe(false);
  });

  test("that has ended is nobody", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    const known = identify(child.pid ?? 0);
    expect(known && isSameProcess(known)).toBe(true);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(known && isSameProcess(known)).toBe(false);
  });

  test("with blanks and parentheses in its name has its start read behind the last of them", () => {
    const fields = Array.from({ length: 40 }, (_, index) => String(index + 4));
    // Field 22 of proc(5) is the start; `fields` begins with field 4.
    expect(identifyByStat(7, `7 (a) b (c) S ${fields.join(" ")}`)).toEqual({ pid: 7, startedAt: "22" });
  });

  test("that only waits to be collected is nobody", () => {
    const fields = Array.from({ length: 40 }, (_, index) => String(index + 4));
    expect(identifyByStat(7, `7 (gone) Z ${fields.join(" ")}`)).toBeUndefined();
    expect(identifyByStat(7, "")).toBeUndefined();
  });

  test("with a number that no program can have is nobody", () => {
    expect([0, 1, -1, 1.5, Number.NaN].map(identify)).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });
});
