/**
 * The admin listener, loopback only: health, metrics, and the operations of the command line (with the secret of this
 * run from the data folder, mode 0600). An operation answers as lines of JSON: progress, then a result or an error.
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
  readonly secret: () => string;
  readonly log: Log;
  /** Ends operations under way: the process is asked to stop. */
  readonly stopping: AbortSignal;
}): Hono {
  const { cinema, log } = deps;
  const app = new Hono();
  handleErrors(app, { log, notFound: problem("not-found"), internal: problem("internal") });
  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/readyz", async (c) => {
    const readiness = await cinema.readiness();
    return c.json(readiness, readiness.ready ? 200 : 503);
  });
  app.get("/metrics", async (c) =>
    c.text(await cinema.metrics(), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }),
  );
  app.post("/operations/:name", async (c) => {
    const secret = deps.secret();
    // Empty until it is published: the listener is there a moment before.
    if (secret === "" || !sameSecret(c.req.header("authorization") ?? "", `Bearer ${secret}`))
      return problemResponse(problem("unauthenticated"));
    const name = c.req.param("name");
    if (!Object.hasOwn(operations, name)) return problemResponse(problem("not-found"));
    const operation = operations[name as OperationName];
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

function sameSecret(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}
