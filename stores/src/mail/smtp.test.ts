import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { mailContract } from "./contract.ts";
import { openSmtpMail } from "./smtp.ts";
import { readRawMail, type ScriptedSmtp, startScriptedSmtp } from "./testing.ts";

const MESSAGE = { to: "person@example.org", subject: "s", text: "t\n", html: "<p>h</p>\n" };
const FROM = "from=cinema@thewatcher.by";
/** Long enough for a loaded machine to say a line, short enough to wait for. */
const SHORT = { connectMs: 400, silenceMs: 400, wholeMs: 1_500 };

describe("mail over SMTP", () => {
  mailContract({
    async open() {
      const server = await startScriptedSmtp();
      const port = await openSmtpMail({ url: `smtp://127.0.0.1:${server.port}/?${FROM}` });
      return {
        port,
        received: async () => server.raw.map(readRawMail),
        async dispose() {
          await port.close();
          await server.close();
        },
      };
    },
  });

  let server: ScriptedSmtp;
  beforeEach(async () => {
    server = await startScriptedSmtp();
  });
  afterEach(() => server.close());
  const open = (login = "", rest = "") =>
    openSmtpMail({ url: `smtp://${login}127.0.0.1:${server.port}/?${FROM}${rest}`, deadlines: SHORT });

  test("signs in where a user is given, and says who sends it and that no person did", async () => {
    const mail = await open("us%40er:p%3Ass@");
    await mail.send(MESSAGE);
    const login = server.commands.find((line) => line.startsWith("AUTH PLAIN "))?.split(" ")[2] ?? "";
    expect(Buffer.from(login, "base64").toString()).toBe("\0us@er\0p:ss");
    expect(server.raw[0]?.data).toMatch(/^From: TheWatcher <cinema@thewatcher\.by>$/m);
    expect(server.raw[0]?.data).toMatch(/^Auto-Submitted: auto-generated$/m);
    expect(await mail.describe()).toBe(`SMTP server at smtp://127.0.0.1:${server.port}, from cinema@thewatcher.by`);
    await mail.close();
  });

  test.each([
    ["RCPT", "550 no such user"],
    ["MAIL", "553 not you"],
    [".", "554 not this"],
  ])("refused for good at %s is refused: %s", async (command, answer) => {
    server.answers.set(command, answer);
    const mail = await open();
    expect(await mail.send(MESSAGE)).toEqual({ kind: "refused", reason: expect.stringContaining(answer) });
    await mail.close();
  });

  test.each([
    ["connect", "421 too busy"],
    ["RCPT", "450 later"],
    [".", "452 full"],
    ["AUTH", "535 who are you"],
  ])("put off at %s rejects, to be tried again, and goes well when the server does: %s", async (command, answer) => {
    server.answers.set(command, answer);
    const mail = await open("user:a-canary@");
    const refused = await mail.send(MESSAGE).catch((error: Error) => error.message);
    expect(refused).toMatch(/^mail \(smtp:\/\/127\.0\.0\.1:\d+\): /);
    expect(refused).toContain(answer.slice(0, 3));
    expect(refused).not.toContain("a-canary");
    server.answers.delete(command);
    expect(await mail.send(MESSAGE)).toEqual({ kind: "sent" });
    await mail.close();
  });

  test.each(["connect", "EHLO", "RCPT", "."])(
    "a server that says nothing at %s is left after its time",
    async (command) => {
      server.answers.set(command, null);
      const mail = await open();
      await expect(mail.send(MESSAGE)).rejects.toThrow(/^mail \(/);
      await expect.poll(() => server.connections()).toBe(0);
      await mail.close();
    },
  );

  test("a server that is away rejects at once and is found again", async () => {
    const { port } = server;
    await server.close();
    const mail = await openSmtpMail({ url: `smtp://127.0.0.1:${port}/?${FROM}` });
    await expect(mail.send(MESSAGE)).rejects.toThrow(/ECONNREFUSED/);
    await expect(mail.describe()).rejects.toThrow(/ECONNREFUSED/);
    await mail.close();
  });

  test("without TLS nothing is said to a server where TLS is required", async () => {
    const mail = await open("user:a-canary@", "&tls=required");
    await expect(mail.send(MESSAGE)).rejects.toThrow(/^mail \(/);
    expect(server.commands.join()).not.toContain("AUTH");
    expect(server.raw).toEqual([]);
    await mail.close();
  });

  test.each([
    ["mailto:a@b.by", "the scheme mailto: is unknown"],
    [`smtp://?${FROM}`, ""],
    ["smtp://h", "from must be the sender's address"],
    ["smtp://h/?from=a", "from must be the sender's address"],
    [`smtp://h/path?${FROM}`, "smtp://h takes no path"],
    [`smtp://h/?${FROM}&tls=maybe`, "tls=maybe is unknown"],
    [`smtp://h/?${FROM}&timeout=1`, "parameter timeout is unknown"],
    [`smtp://u:a-canary@h/?${FROM}&ca=/nowhere`, "ca file /nowhere cannot be read (ENOENT)"],
    [`smtp://u:a-canary%zz@h/?${FROM}`, "smtp://h: user and password are percent-encoded"],
  ])("the URL %s is refused in one line, with what is accepted", async (url, why) => {
    const message = await openSmtpMail({ url }).catch((error: Error) => error.message);
    expect(message).toMatch(/^mail: .*; accepted: smtp\[s\]:\/\//);
    expect(message).toContain(why);
    expect(message).not.toContain("a-canary");
  });
});
