/**
 * Mail over SMTP: `smtp[s]://[user:password@]host[:port]/?from=name@example.org[&tls=required|optional|none][&ca=file]`.
 * `smtps:` speaks TLS from the first byte; `smtp:` asks for STARTTLS, which must be had unless the host is a loopback one or
 * `tls=optional` or `tls=none` is said. Each mail has a connection of its own: there are few.
 *
 * Opening does not connect: who watches needs no mail, so a server that is away must not keep a process from starting.
 */
import { readFileSync } from "node:fs";
import { UserError } from "@thewatcher/kit/user-error";
import { createTransport } from "nodemailer";
import { decodedPart, hostOf } from "../server-url.ts";
import { checkMessage, isAddress } from "./message.ts";
import type { Mail } from "./port.ts";

export interface SmtpDeadlines {
  readonly connectMs: number;
  /** Of silence. */
  readonly silenceMs: number;
  /** Of everything together: a server that sends a byte now and then must not hold us. */
  readonly wholeMs: number;
}
const DEADLINES: SmtpDeadlines = { connectMs: 10_000, silenceMs: 20_000, wholeMs: 50_000 };

const ACCEPTED = "smtp[s]://[user:password@]host[:port]/?from=name@example.org[&tls=required|optional|none][&ca=file]";
const PARAMETERS = ["from", "tls", "ca"];
const TLS_WAYS = ["required", "optional", "none"];
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** Submission (RFC 6409) and its implicit TLS (RFC 8314). */
const PORTS = { "smtp:": 587, "smtps:": 465 } as const;

function parse(text: string) {
  const refusal = (why: string) => new UserError(`mail: ${why}; accepted: ${ACCEPTED}`);
  if (!URL.canParse(text)) throw refusal("mailUrl is no URL");
  const url = new URL(text);
  const { protocol, hostname, searchParams } = url;
  if (protocol !== "smtp:" && protocol !== "smtps:") throw refusal(`the scheme ${protocol} is unknown`);
  if (hostname === "") throw refusal("mailUrl has no host");
  const where = `${protocol}//${url.host}`;
  if (url.pathname !== "" && url.pathname !== "/") throw refusal(`${where} takes no path`);
  const unknown = [...searchParams.keys()].find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined) throw refusal(`${where}: parameter ${unknown} is unknown`);
  const from = searchParams.get("from") ?? "";
  if (!isAddress(from)) throw refusal(`${where}: from must be the sender's address`);
  const tls = searchParams.get("tls") ?? (LOOPBACK.test(hostname) ? "optional" : "required");
  if (!TLS_WAYS.includes(tls)) throw refusal(`${where}: tls=${tls} is unknown`);
  const caFile = searchParams.get("ca");
  let ca: string | undefined;
  try {
    if (caFile !== null) ca = readFileSync(caFile, "utf8");
  } catch (cause) {
    throw refusal(`${where}: ca file ${caFile} cannot be read (${(cause as NodeJS.ErrnoException).code})`);
  }
  const user = decodedPart(url.username);
  const pass = decodedPart(url.password);
  if (user === undefined || pass === undefined) throw refusal(`${where}: user and password are percent-encoded`);
  return {
    where,
    from,
    host: hostOf(url),
    port: url.port === "" ? PORTS[protocol] : Number(url.port),
    secure: protocol === "smtps:",
    tls,
    ca,
    auth: user === "" ? undefined : { user, pass },
  };
}

interface SmtpFailure {
  readonly code?: string;
  readonly responseCode?: number;
}

/** What was said of this mail, not of the connection or of us, and for good (RFC 5321, 4.2.1: 5yz). */
function isFinal({ code, responseCode = 0 }: SmtpFailure): boolean {
  return (code === "EENVELOPE" || code === "EMESSAGE") && responseCode >= 500 && responseCode < 600;
}

export async function openSmtpMail(options: {
  readonly url: string;
  readonly deadlines?: Partial<SmtpDeadlines>;
}): Promise<Mail & AsyncDisposable> {
  const { where, from, host, port, secure, tls, ca, auth } = parse(options.url);
  const { connectMs, silenceMs, wholeMs } = { ...DEADLINES, ...options.deadlines };
  const settings = {
    host,
    port,
    secure,
    requireTLS: !secure && tls === "required",
    ignoreTLS: !secure && tls === "none",
    opportunisticTLS: false,
    ...(auth ? { auth } : {}),
    ...(ca === undefined ? {} : { tls: { ca } }),
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    dnsTimeout: connectMs,
    socketTimeout: silenceMs,
    // A mail is what it was given: nothing is read from files or fetched.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  let closed = false;
  const open = new Set<{ close(): void }>();
  const requireOpen = () => {
    if (closed) throw new Error(`mail (${where}) is closed`);
  };

  /** A transport of its own each time, so that what takes too long can be cut. */
  async function within<Value>(
    work: (transport: ReturnType<typeof createTransport>) => Promise<Value>,
  ): Promise<Value> {
    const transport = createTransport(settings);
    open.add(transport);
    let timer: NodeJS.Timeout | undefined;
    try {
      return await Promise.race([
        work(transport),
        new Promise<never>((_, reject) => {
          timer = setTimeout(() => reject(new Error(`no answer within ${wholeMs} ms`)), wholeMs);
        }),
      ]);
    } finally {
      clearTimeout(timer);
      open.delete(transport);
      transport.close();
    }
  }

  const mail: Mail & AsyncDisposable = {
    async send(message) {
      requireOpen();
      checkMessage(message);
      const { to, subject, text, html } = message;
      try {
        await within((transport) =>
          transport.sendMail({
            from: { name: "TheWatcher", address: from },
            to: { name: "", address: to },
            subject,
            text,
            html,
            headers: { "Auto-Submitted": "auto-generated" },
          }),
        );
        return { kind: "sent" };
      } catch (error) {
        const said = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
        if (isFinal(error as SmtpFailure)) return { kind: "refused", reason: `${where}: ${said}` };
        throw new Error(`mail (${where}): ${said}`);
      }
    },
    async describe() {
      requireOpen();
      await within((transport) => transport.verify());
      return `SMTP server at ${where}, from ${from}`;
    },
    async close() {
      closed = true;
      for (const transport of open) transport.close();
    },
    [Symbol.asyncDispose]: () => mail.close(),
  };
  return mail;
}
