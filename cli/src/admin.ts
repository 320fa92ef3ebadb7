/**
 * The admin listener, on loopback unless told otherwise: health, metrics, and operations. The one process takes those of
 * the command line, with the secret of this run from the data folder (mode 0600); the role `trainer` takes its own, with
 * an internal token. An operation answers as lines of JSON: progress, then a result or an error.
 */
import { timingSafeEqual } from "node:crypto";
import { problem } from "@thewatcher/contracts/problems";
import { handleErrors, problemResponse, readJson } from "@thewatcher/kit/http";
import type { Log } from "@thewatcher/kit/log";
import { UserError } from "@thewatcher/kit/user-error";
import { Hono } from "hono";
import { stream } from "hono/streaming";
import { z } from "zod";
import type { Cinema } from "./compose.ts";
import type { Report } from "./console.ts";
import { type OperationName, operations } from "./operations.ts";

export type OperationLine =
  | { readonly kind: "progress"; readonly report: Report }
  | { readonly kind: "result"; readonly answer: unknown }
  | { readonly kind: "error"; readonly message: string; readonly userError: boolean };

const REQUEST_BYTES_MAX = 65_536;

export function createAdmin(deps: {
  readonly cinema: Cinema;
  /** Those it takes; none: health and metrics alone. */
  readonly operations: readonly OperationName[];
  /** Whether who bears this may run them. */
  readonly mayOperate: (authorization: string) => boolean | Promise<boolean>;
  readonly log: Log;
  /** The process is asked to stop: operations under way end, and it is ready no more. */
  readonly stopping: AbortSignal;
}): Hono {
  const { cinema, log } = deps;
  const app = new Hono();
  handleErrors(app, { log, notFound: problem("not-found"), internal: problem("internal") });
  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/readyz", async (c) => {
    if (deps.stopping.aborted) return c.json({ ready: false, reasons: ["stopping"] }, 503);
    const readiness = await cinema.readiness();
    return c.json(readiness, readiness.ready ? 200 : 503);
  });
  app.get("/metrics", async (c) =>
    c.text(await cinema.metrics(), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }),
  );
  app.post("/operations/:name", async (c) => {
    if (!(await deps.mayOperate(c.req.header("authorization") ?? "")))
      return problemResponse(problem("unauthenticated"));
    const name = deps.operations.find((known) => known === c.req.param("name"));
    if (name === undefined) return problemResponse(problem("not-found"));
    const operation = operations[name];
    const request = await readJson(c, z.record(z.string(), z.unknown()), {
      bytesMax: REQUEST_BYTES_MAX,
      tooLarge: problem("body-too-large"),
      malformed: problem("bad-request"),
    });
    c.header("content-type", "application/x-ndjson");
    return stream(c, async (output) => {
      const leaving = new AbortController();
      output.onAbort(() => leaving.abort(new Error("the caller went away")));
      let last: Promise<unknown> = Promise.resolve();
      const write = (line: OperationLine): void => {
        last = last.then(() => output.write(`${JSON.stringify(line)}\n`)).catch(() => undefined);
      };
      try {
        const parsed = operation.request.parse(request);
        const answer = await operation.run(parsed as never, {
          cinema,
          report: (report) => write({ kind: "progress", report }),
          signal: AbortSignal.any([leaving.signal, deps.stopping]),
        });
        write({ kind: "result", answer });
      } catch (error) {
        const userError = error instanceof UserError || error instanceof z.ZodError;
        if (!userError) log.error({ err: error, operation: name }, "operation failed");
        write({
          kind: "error",
          message: error instanceof z.ZodError ? z.prettifyError(error) : String((error as Error).message),
          userError,
        });
      }
      await last;
    });
  });
  return app;
}

/** Whether it bears the secret of this run, which is empty until it is published: the listener is there a moment before. */
export function bearsSecret(authorization: string, secret: string): boolean {
  if (secret === "") return false;
  const given = Buffer.from(authorization);
  const expected = Buffer.from(`Bearer ${secret}`);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
