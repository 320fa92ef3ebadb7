/** For tests: an SMTP server on loopback that does what a script says, and keeps what it was given. */
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { MailMessage } from "./port.ts";

export interface ScriptedSmtp {
  readonly port: number;
  /** What it says to a command (`EHLO`, `AUTH`, `MAIL`, `RCPT`, `DATA`, `.` at the mail's end, `connect`); null: nothing, for ever. */
  readonly answers: Map<string, string | null>;
  /** Commands as they came, without the mails. */
  readonly commands: string[];
  readonly raw: { readonly to: string; readonly data: string }[];
  connections(): number;
  close(): Promise<void>;
}

const DEFAULTS: Readonly<Record<string, string>> = {
  connect: "220 ready",
  EHLO: "250-scripted\r\n250-AUTH PLAIN\r\n250 8BITMIME",
  AUTH: "235 welcome",
  MAIL: "250 ok",
  RCPT: "250 ok",
  DATA: "354 go on",
  ".": "250 taken",
  RSET: "250 ok",
  QUIT: "221 bye",
};

export async function startScriptedSmtp(
  options: { readonly tls?: { readonly cert: Buffer; readonly key: Buffer } } = {},
): Promise<ScriptedSmtp> {
  const answers = new Map<string, string | null>();
  const commands: string[] = [];
  const raw: { to: string; data: string }[] = [];
  const sockets = new Set<Socket>();

  const serve = (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    let buffered = "";
    let data: string[] | undefined;
    let to = "";
    const say = (command: string) => {
      const answer = answers.has(command) ? answers.get(command) : DEFAULTS[command];
      if (answer === null) return;
      socket.write(`${answer ?? "500 unknown"}\r\n`);
      if (command === "QUIT" || answer?.startsWith("421")) socket.end();
    };
    const take = (line: string) => {
      if (data) {
        if (line !== ".") {
          data.push(line.replace(/^\./, ""));
          return;
        }
        const answer = answers.get(".");
        if (answer === undefined || answer?.startsWith("250")) raw.push({ to, data: data.join("\r\n") });
        data = undefined;
        say(".");
        return;
      }
      commands.push(line);
      const command = line.split(" ")[0]?.toUpperCase() ?? "";
      if (command === "RCPT") to = /<([^>]*)>/.exec(line)?.[1] ?? "";
      if (command === "DATA" && (answers.get("DATA") ?? "354").startsWith("354")) data = [];
      say(command);
    };
    socket.on("data", (chunk) => {
      buffered += chunk.toString("latin1");
      const lines = buffered.split("\r\n");
      buffered = lines.pop() ?? "";
      for (const line of lines) take(line);
    });
    say("connect");
  };
  const server = options.tls ? createTlsServer(options.tls, serve) : createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    answers,
    commands,
    raw,
    connections: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function decode(content: string, encoding: string): string {
  if (encoding === "base64") return Buffer.from(content, "base64").toString("utf8");
  if (encoding !== "quoted-printable") return Buffer.from(content, "latin1").toString("utf8");
  const bytes = content
    .replaceAll("=\r\n", "")
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** Of a mail as it crossed the wire (RFC 5322, MIME with two alternatives). */
export function readRawMail({ to, data }: { readonly to: string; readonly data: string }): MailMessage {
  const unfolded = data.slice(0, data.indexOf("\r\n\r\n")).replaceAll(/\r\n[ \t]+/g, " ");
  const subject = (/^Subject: (.*)$/m.exec(unfolded)?.[1] ?? "")
    .replaceAll(/\?= =\?/g, "?==?")
    .replaceAll(/=\?UTF-8\?([BQ])\?([^?]*)\?=/gi, (_, kind: string, text: string) =>
      kind.toUpperCase() === "B" ? decode(text, "base64") : decode(text.replaceAll("_", " "), "quoted-printable"),
    );
  const boundary = /boundary="([^"]+)"/.exec(unfolded)?.[1] ?? "";
  const parts = data.split(`--${boundary}`).map((part) => {
    const end = part.indexOf("\r\n\r\n");
    const encoding = /Content-Transfer-Encoding: (\S+)/i.exec(part.slice(0, end))?.[1] ?? "";
    return { head: part.slice(0, end), text: decode(part.slice(end + 4, -2), encoding) };
  });
  const textOf = (type: string) =>
    (parts.find(({ head }) => head.includes(`Content-Type: ${type}`))?.text ?? "").replaceAll("\r\n", "\n");
  return { to, subject, text: textOf("text/plain"), html: textOf("text/html") };
}
