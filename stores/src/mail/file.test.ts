import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSimulatedClock } from "@thewatcher/kit/clock";
import { describe, expect, test } from "vitest";
import { mailContract } from "./contract.ts";
import { openFileMail } from "./file.ts";
import type { MailMessage } from "./port.ts";

const clock = createSimulatedClock(Date.UTC(2026, 10, 23, 10));

async function open() {
  const root = await mkdtemp(join(tmpdir(), "mail-"));
  const path = join(root, "mail");
  const port = await openFileMail({ path, clock });
  return {
    path,
    port,
    async received(): Promise<MailMessage[]> {
      const names = (await readdir(path)).sort();
      const texts = await Promise.all(names.map((name) => readFile(join(path, name), "utf8")));
      return texts.map((text) => {
        const { to, subject, text: plain, html } = JSON.parse(text) as MailMessage;
        return { to, subject, text: plain, html };
      });
    },
    async dispose() {
      await port.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

describe("mail as files", () => {
  mailContract({ open });

  test("is for its owner's eyes only, and says when it was sent", async () => {
    const harness = await open();
    await harness.port.send({ to: "a@b.by", subject: "s", text: "t", html: "h" });
    const [name = ""] = await readdir(harness.path);
    expect(name).toMatch(/^0\d{14}-[0-9a-f]{8}\.json$/);
    if (process.platform !== "win32") {
      expect((await stat(harness.path)).mode & 0o777).toBe(0o700);
      expect((await stat(join(harness.path, name))).mode & 0o777).toBe(0o600);
    }
    expect(JSON.parse(await readFile(join(harness.path, name), "utf8"))).toMatchObject({
      sentAt: "2026-11-23T10:00:00.000Z",
    });
    await harness.dispose();
  });

  test("keeps the latest thousand, and no other file is touched", async () => {
    const harness = await open();
    await writeFile(join(harness.path, "notes.txt"), "mine");
    for (let i = 0; i < 1_002; i++)
      await writeFile(join(harness.path, `${String(i).padStart(15, "0")}-00000000.json`), "{}");
    await harness.port.send({ to: "a@b.by", subject: "s", text: "t", html: "h" });
    const names = (await readdir(harness.path)).sort();
    expect(names).toHaveLength(1_001);
    expect(names[0]).toBe(`${"3".padStart(15, "0")}-00000000.json`);
    expect(names).toContain("notes.txt");
    await harness.dispose();
  });

  test("into a folder that can't be made is refused in one line", async () => {
    const harness = await open();
    await writeFile(join(harness.path, "file"), "");
    await expect(openFileMail({ path: join(harness.path, "file", "mail"), clock })).rejects.toThrow(
      /^mail in .*: can't be opened \(.*\); give it a folder that can be written$/,
    );
    await harness.dispose();
  });
});
