/**
 * Mail into a folder, one JSON file each, named by its instant: for one process without a mail server. It holds the links
 * that let people in, so it is for its owner's eyes only, and old ones go.
 */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import { checkMessage } from "./message.ts";
import type { Mail } from "./port.ts";

/** The latest: 1,000 × 2 KB. */
const FILES_MAX = 1_000;
const NAME = /^\d{15}-[0-9a-f]{8}\.json$/;

export async function openFileMail(options: {
  readonly path: string;
  readonly clock: Clock;
}): Promise<Mail & AsyncDisposable> {
  const { path, clock } = options;
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await chmod(path, 0o700);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`mail in ${path}: can't be opened (${reason}); give it a folder that can be written`);
  }
  let closed = false;
  const requireOpen = () => {
    if (closed) throw new Error(`mail in ${path} is closed`);
  };

  const mail: Mail & AsyncDisposable = {
    async send(message) {
      requireOpen();
      checkMessage(message);
      const { to, subject, text, html } = message;
      const sentAt = clock.now();
      const name = `${String(sentAt).padStart(15, "0")}-${randomBytes(4).toString("hex")}`;
      const content = { sentAt: new Date(sentAt).toISOString(), to, subject, text, html };
      const aside = join(path, `${name}.new`);
      await writeFile(aside, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
      await rename(aside, join(path, `${name}.json`));
      const names = (await readdir(path)).filter((file) => NAME.test(file)).sort();
      for (const old of names.slice(0, -FILES_MAX)) await rm(join(path, old), { force: true });
      return { kind: "sent" };
    },
    async describe() {
      requireOpen();
      return `mail as files in ${path}`;
    },
    async close() {
      closed = true;
    },
    [Symbol.asyncDispose]: () => mail.close(),
  };
  return mail;
}
