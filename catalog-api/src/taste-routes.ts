/**
 * What a viewer says of the service's picture of them: corrections of the believed taste, watches to be forgotten, and
 * whether there may be a picture at all. The believed taste itself is serving's to tell.
 */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { problems } from "@thewatcher/contracts/api/responses";
import { Profiling, TasteEdits } from "@thewatcher/contracts/api/taste";
import { EVENT_VERSION, type StoredEventOf, type TasteEventType } from "@thewatcher/contracts/events";
import type { Identity, Role } from "@thewatcher/contracts/identity";
import { type EventId, ProfileId, TitleId } from "@thewatcher/contracts/ids";
import { problem } from "@thewatcher/contracts/problems";
import type { Clock } from "@thewatcher/kit/clock";
import { ProblemError, readJson } from "@thewatcher/kit/http";
import { uuid7 } from "@thewatcher/kit/uuid";
import type { Context } from "hono";
import { type AppEnv, allow, requireOwn } from "./identity.ts";
import type { applyStated, StatedEvent } from "./stated.ts";

export const tasteRoles = {
  putTaste: ["viewer"],
  forgetTitle: ["viewer"],
  rememberTitle: ["viewer"],
  putProfiling: ["viewer"],
} as const satisfies Record<string, readonly Role[]>;

/** 64 corrections of 80 letters, four bytes each. */
const TASTE_BYTES_MAX = 32_768;

const ofProfile = { params: z.object({ profileId: ProfileId }) };
const ofTitle = { params: z.object({ profileId: ProfileId, titleId: TitleId }) };
const reads = ["unauthenticated", "forbidden", "not-found"] as const;

function forgotten<Name extends "forgetTitle" | "rememberTitle">(
  method: "put" | "delete",
  operationId: Name,
  summary: string,
) {
  return createRoute({
    method,
    path: "/api/v1/profiles/{profileId}/history/{titleId}/forgotten",
    operationId,
    summary,
    middleware: allow(tasteRoles[operationId]),
    request: ofTitle,
    responses: { 204: { description: "Done" }, ...problems(...reads) },
  });
}

const routes = {
  putTaste: createRoute({
    method: "put",
    path: "/api/v1/profiles/{profileId}/taste",
    operationId: "putTaste",
    summary: "Correct the believed taste, as a whole: { edits: [{ facet, value }] }, value 1 more, -1 less",
    middleware: allow(tasteRoles.putTaste),
    request: ofProfile,
    responses: { 204: { description: "Corrected" }, ...problems("bad-request", ...reads, "body-too-large") },
  }),
  forgetTitle: forgotten("put", "forgetTitle", "That was not me: what was done with the title counts no more"),
  rememberTitle: forgotten("delete", "rememberTitle", "Count it again"),
  putProfiling: createRoute({
    method: "put",
    path: "/api/v1/profiles/{profileId}/profiling",
    operationId: "putProfiling",
    summary: "Whether anything is recommended by what the profile does: { on }",
    middleware: allow(tasteRoles.putProfiling),
    request: ofProfile,
    responses: { 204: { description: "So it is" }, ...problems("bad-request", ...reads, "body-too-large") },
  }),
};

export function addTasteRoutes(
  app: OpenAPIHono<AppEnv>,
  deps: {
    readonly clock: Clock;
    readonly state: (events: readonly StatedEvent[]) => ReturnType<typeof applyStated>;
    readonly onProfiling: ((profileId: ProfileId) => void) | undefined;
  },
): void {
  const { clock, state, onProfiling } = deps;

  async function say<Type extends TasteEventType>(
    c: Context<AppEnv>,
    type: Type,
    profileId: ProfileId,
    payload: StoredEventOf<Type>["payload"],
  ) {
    const identity = c.get("identity");
    requireOwn(identity, profileId);
    const event = tasteEvent(type, { profileId, identity, at: clock.now(), payload });
    const [outcome] = await state([event as StatedEvent]);
    if (outcome?.kind !== "applied") throw new ProblemError(problem("not-found"));
    return c.body(null, 204);
  }
  const read = <Schema extends z.ZodType>(c: Context<AppEnv>, schema: Schema) =>
    readJson(c, schema, {
      bytesMax: TASTE_BYTES_MAX,
      tooLarge: problem("body-too-large"),
      malformed: problem("bad-request"),
    });

  app.openapi(routes.putTaste, async (c) => {
    const { profileId } = c.req.valid("param");
    requireOwn(c.get("identity"), profileId);
    const { edits } = await read(c, TasteEdits);
    return say(c, "taste_edit", profileId, { edits: edits.filter(({ value }) => value !== 0) });
  });
  app.openapi(routes.forgetTitle, (c) => {
    const { profileId, titleId } = c.req.valid("param");
    return say(c, "forget", profileId, { titleId });
  });
  app.openapi(routes.rememberTitle, (c) => {
    const { profileId, titleId } = c.req.valid("param");
    return say(c, "forget_undo", profileId, { titleId });
  });
  app.openapi(routes.putProfiling, async (c) => {
    const { profileId } = c.req.valid("param");
    requireOwn(c.get("identity"), profileId);
    const { on } = await read(c, Profiling);
    const answer = await say(c, on ? "no_profiling_undo" : "no_profiling", profileId, {});
    onProfiling?.(profileId);
    return answer;
  });
}

function tasteEvent<Type extends TasteEventType>(
  type: Type,
  fields: {
    readonly profileId: ProfileId;
    readonly identity: Identity;
    readonly at: number;
    readonly payload: StoredEventOf<Type>["payload"];
  },
) {
  const instant = new Date(fields.at).toISOString();
  return {
    version: EVENT_VERSION,
    eventId: uuid7(fields.at) as EventId,
    type,
    occurredAt: instant,
    sentAt: instant,
    receivedAt: instant,
    knownAt: instant,
    profileId: fields.profileId,
    device: fields.identity.device,
    country: fields.identity.country,
    timeQuality: "observed" as const,
    payload: fields.payload,
  };
}
