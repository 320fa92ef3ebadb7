import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Certificates, makeCertificates } from "@thewatcher/testbed/certificates";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSmtpMail } from "./smtp.ts";
import { readRawMail, type ScriptedSmtp, startScriptedSmtp } from "./testing.ts";

const MESSAGE = { to: "person@example.org", subject: "s", text: "t\n", html: "<p>h</p>\n" };
const FROM = "from=cinema@thewatcher.by";

describe("mail over SMTP with TLS", () => {
  let folder: string;
  let certificates: Certificates;
  let server: ScriptedSmtp;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "smtp-tls-"));
    certificates = await makeCertificates(folder);
    const [cert, key] = await Promise.all([readFile(certificates.certFile), readFile(certificates.keyFile)]);
    server = await startScriptedSmtp({ tls: { cert, key } });
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("is brought to a server whose authority is named, with the password inside of it", async () => {
    const url = `smtps://user:secret@127.0.0.1:${server.port}/?${FROM}&ca=${certificates.caFile}`;
    const mail = await openSmtpMail({ url });
    expect(await mail.send(MESSAGE)).toEqual({ kind: "sent" });
    expect(server.raw.map(readRawMail)).toEqual([MESSAGE]);
    await mail.close();
  });

  test("is not brought to a server that nobody vouches for: it hears no user, no password and no mail", async () => {
    const before = server.commands.length;
    const mail = await openSmtpMail({ url: `smtps://user:secret@127.0.0.1:${server.port}/?${FROM}` });
    await expect(mail.send(MESSAGE)).rejects.toThrow(/certificate/);
    expect(server.commands).toHaveLength(before);
    await mail.close();
  });
});
