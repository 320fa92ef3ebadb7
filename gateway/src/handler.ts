/** What the handlers of the gateway's own routes share: who calls, how a body is read, how something is refused. */
import type { IncomingMessage } from "node:http";
import { type ProblemSlug, problem } from "@thewatcher/contracts/problems";
import { ProblemError, readJson } from "@thewatcher/kit/http";
import type { Context } from "hono";
import type { z } from "zod";
import type { Client } from "./client-address.ts";
import type { Host } from "./hosts.ts";
import type { MachineRole } from "./service-tokens.ts";
import type { Session } from "./sessions.ts";

/** Of the server on node:http; a request made inside the process has none. */
export interface GatewayBindings {
  readonly incoming?: IncomingMessage;
}

export interface GatewayEnv {
  Bindings: GatewayBindings;
  Variables: {
    requestId: string;
    /** The session's token was changed on the way: the answer brings the new one. */
    freshToken: string | undefined;
    /** Which of our hosts is asked. */
    host: Host;
    /** Who asks, as far as the connection says. */
    client: Client;
  };
}

export interface ViewerCaller {
  readonly kind: "viewer";
  readonly session: Session;
}
export type Caller =
  | { readonly kind: "anonymous" }
  | ViewerCaller
  | { readonly kind: "machine"; readonly role: MachineRole };

export type Handler = (c: Context<GatewayEnv>, caller: Caller) => Promise<Response> | Response;

/** An e-mail, two passwords and a name are less than 1 KB; in UTF-8 twice that. */
const BODY_BYTES_MAX = 4_096;

export const refuse = (slug: ProblemSlug, detail?: string) =>
  new ProblemError(problem(slug, detail === undefined ? {} : { detail }));

export const readBody = <Schema extends z.ZodType>(c: Context, schema: Schema): Promise<z.output<Schema>> =>
  readJson(c, schema, {
    bytesMax: BODY_BYTES_MAX,
    tooLarge: problem("body-too-large"),
    malformed: problem("bad-request"),
  });

/** With a part that is away: most are back within seconds. */
export const RETRY_SOON = { "retry-after": "2" } as const;

/** A store that does not answer is no mistake of this door: the caller may try again. */
export async function orUnavailable<Value>(asking: Promise<Value>): Promise<Value> {
  try {
    return await asking;
  } catch (cause) {
    throw new ProblemError(problem("unavailable"), cause, RETRY_SOON);
  }
}

/** The session of a route that the table opens to viewers only. */
export function sessionOf(caller: Caller): Session {
  if (caller.kind !== "viewer") throw refuse("unauthenticated");
  return caller.session;
}
