/** What every adapter of mail promises, as tests: run by each one's test file. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { MAIL_BYTES_MAX, type Mail, type MailMessage } from "./port.ts";

export interface MailHarness {
  readonly port: Mail;
  /** What arrived, in order. */
  received(): Promise<readonly MailMessage[]>;
  readonly dispose: () => Promise<void>;
}

const MESSAGE: MailMessage = {
  to: "person@example.org",
  subject: "Пацвердзіце адрас: ё, ў, 🎬",
  text: `Спасылка:\n\nhttps://thewatcher.by/verify#token=${"A".repeat(43)}\n\n.\nкропка на пачатку радка\n`,
  html: `<p>Спасылка: <a href="https://thewatcher.by/verify#token=${"A".repeat(43)}">сюды &amp; туды</a></p>\n`,
};

export function mailContract(adapter: { open(): Promise<MailHarness> }): void {
  let harness: MailHarness;
  let mail: Mail;
  beforeEach(async () => {
    harness = await adapter.open();
    mail = harness.port;
  });
  afterEach(() => harness.dispose());

  test("a mail arrives as it was written, in any letters, its link whole", async () => {
    expect(await mail.send(MESSAGE)).toEqual({ kind: "sent" });
    expect(await harness.received()).toEqual([MESSAGE]);
  });

  test("many at once arrive once each", async () => {
    const messages = Array.from({ length: 20 }, (_, i) => ({ ...MESSAGE, to: `p${i}@example.org` }));
    await Promise.all(messages.map((message) => mail.send(message)));
    const received = await harness.received();
    expect(received.map(({ to }) => to).sort()).toEqual(messages.map(({ to }) => to).sort());
  });

  test.each(["a@b.by, c@d.by", "a@b.by\r\nBcc: c@d.by", "Name <a@b.by>", "a", "", "@b.by", "a@b@c"])(
    "refuses %j as a recipient: one address is one",
    async (to) => {
      await expect(mail.send({ ...MESSAGE, to })).rejects.toThrow("the recipient is no address");
      expect(await harness.received()).toEqual([]);
    },
  );

  test("refuses a subject of two lines, and a mail that is too large", async () => {
    await expect(mail.send({ ...MESSAGE, subject: "a\r\nBcc: c@d.by" })).rejects.toThrow("one line of text");
    await expect(mail.send({ ...MESSAGE, text: "x".repeat(MAIL_BYTES_MAX) })).rejects.toThrow(/bytes are refused/);
    expect(await harness.received()).toEqual([]);
  });

  test("closed, refuses every call with one clear line", async () => {
    await mail.close();
    await mail.close();
    await expect(mail.send(MESSAGE)).rejects.toThrow(/is closed$/);
    await expect(mail.describe()).rejects.toThrow(/is closed$/);
  });
}
