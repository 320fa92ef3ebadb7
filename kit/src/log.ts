/** Structured logs: one JSON line each, by pino. Secrets are redacted by name before anything is written. */
import { destination, type Logger, pino } from "pino";

export type Log = Logger;

/** Field names whose values never reach a log, at any of the first two levels. */
const SECRET_FIELDS = [
  "password",
  "token",
  "secret",
  "authorization",
  "cookie",
  "sessionId",
  "privateKey",
  "internalKey",
];

export function createLog(options: { readonly level: string; readonly service: string; readonly file?: string }): Log {
  const sink = destination({ ...(options.file ? { dest: options.file, mkdir: true } : { dest: 2 }), sync: true });
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: "[redacted]" },
    },
    sink,
  );
}

/** For tests and for callers without an interest in logs. */
export const silentLog: Log = pino({ level: "silent" });
