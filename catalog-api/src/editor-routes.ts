/**
 * The editor's routes: titles and collections as whole documents, with history and undo. A change names the revision
 * that it was made on (`If-Match`): where somebody was faster, it is 412 and nothing is written.
 */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { TitleDocument } from "@thewatcher/contracts/api/catalogue";
import {
  CollectionDocument,
  EDITED_DOCUMENT_BYTES_MAX,
  EditedCollection,
  EditedTitle,
  History,
  TitlePatch,
} from "@thewatcher/contracts/api/editor";
import { json, problems } from "@thewatcher/contracts/api/responses";
import type { Role } from "@thewatcher/contracts/identity";
import { CollectionId, TitleId } from "@thewatcher/contracts/ids";
import { problem } from "@thewatcher/contracts/problems";
import type { Clock } from "@thewatcher/kit/clock";
import { ProblemError, readJson } from "@thewatcher/kit/http";
import type { Database } from "@thewatcher/stores/database/port";
import type { Context } from "hono";
import { readCollections } from "./collections.ts";
import { readDocuments } from "./documents.ts";
import {
  changeTitle,
  createCollection,
  createTitle,
  type EditOutcome,
  type Editor,
  readHistory,
  replaceCollection,
  undoCollection,
  undoTitle,
} from "./editing.ts";
import { type AppEnv, allow } from "./identity.ts";

export const editorRoles = {
  readTitleDocument: ["editor"],
  createTitle: ["editor"],
  changeTitle: ["editor"],
  readTitleHistory: ["editor"],
  undoTitle: ["editor"],
  readCollectionDocument: ["editor"],
  createCollection: ["editor"],
  replaceCollection: ["editor"],
  readCollectionHistory: ["editor"],
  undoCollection: ["editor"],
} as const satisfies Record<string, readonly Role[]>;

/** PostgreSQL's integer. */
const REVISION_MAX = 2_147_483_647;

const revision = z.coerce.number().int().min(1).max(REVISION_MAX);
const historyQuery = z.object({ before: revision.optional() });
const ofTitle = z.object({ titleId: TitleId });
const ofCollection = z.object({ collectionId: CollectionId });
const revisionOfTitle = ofTitle.extend({ revision });
const revisionOfCollection = ofCollection.extend({ revision });
/** The revision that the change was made on, as the ETag said it. */
const ifMatch = z.object({ "if-match": z.string().max(40).optional() });

// Bodies are read with a bound by the handlers: the validator of a declared body would read them without one.
const reads = ["unauthenticated", "forbidden", "not-found"] as const;
const writes = ["bad-request", ...reads, "precondition-failed", "body-too-large"] as const;
const creates = ["bad-request", "unauthenticated", "forbidden", "conflict", "body-too-large"] as const;

const routes = {
  readTitleDocument: createRoute({
    method: "get",
    path: "/api/v1/editor/titles/{titleId}",
    operationId: "readTitleDocument",
    summary: "A title in every language, with its rights; its revision is the ETag",
    middleware: allow(editorRoles.readTitleDocument),
    request: { params: ofTitle },
    responses: { 200: json(EditedTitle, "The title"), ...problems(...reads) },
  }),
  createTitle: createRoute({
    method: "post",
    path: "/api/v1/editor/titles",
    operationId: "createTitle",
    summary: "A new title, as a whole document",
    middleware: allow(editorRoles.createTitle),
    responses: { 201: json(EditedTitle, "Created"), ...problems(...creates) },
  }),
  changeTitle: createRoute({
    method: "patch",
    path: "/api/v1/editor/titles/{titleId}",
    operationId: "changeTitle",
    summary: "Change the fields that are named: texts, rights, credits, seasons…",
    middleware: allow(editorRoles.changeTitle),
    request: { params: ofTitle, headers: ifMatch },
    responses: { 200: json(EditedTitle, "Changed"), ...problems(...writes) },
  }),
  readTitleHistory: createRoute({
    method: "get",
    path: "/api/v1/editor/titles/{titleId}/history",
    operationId: "readTitleHistory",
    summary: "Who changed what, the last first",
    middleware: allow(editorRoles.readTitleHistory),
    request: { params: ofTitle, query: historyQuery },
    responses: { 200: json(History, "The history"), ...problems("bad-request", ...reads) },
  }),
  undoTitle: createRoute({
    method: "post",
    path: "/api/v1/editor/titles/{titleId}/undo/{revision}",
    operationId: "undoTitle",
    summary: "Write back what was before that revision, as a change of its own",
    middleware: allow(editorRoles.undoTitle),
    request: { params: revisionOfTitle, headers: ifMatch },
    responses: { 200: json(EditedTitle, "Undone"), ...problems(...writes) },
  }),
  readCollectionDocument: createRoute({
    method: "get",
    path: "/api/v1/editor/collections/{collectionId}",
    operationId: "readCollectionDocument",
    summary: "A collection in every language; its revision is the ETag",
    middleware: allow(editorRoles.readCollectionDocument),
    request: { params: ofCollection },
    responses: { 200: json(EditedCollection, "The collection"), ...problems(...reads) },
  }),
  createCollection: createRoute({
    method: "post",
    path: "/api/v1/editor/collections",
    operationId: "createCollection",
    summary: "A new collection",
    middleware: allow(editorRoles.createCollection),
    responses: { 201: json(EditedCollection, "Created"), ...problems(...creates) },
  }),
  replaceCollection: createRoute({
    method: "put",
    path: "/api/v1/editor/collections/{collectionId}",
    operationId: "replaceCollection",
    summary: "Its names and titles, as a whole",
    middleware: allow(editorRoles.replaceCollection),
    request: { params: ofCollection, headers: ifMatch },
    responses: { 200: json(EditedCollection, "Changed"), ...problems(...writes) },
  }),
  readCollectionHistory: createRoute({
    method: "get",
    path: "/api/v1/editor/collections/{collectionId}/history",
    operationId: "readCollectionHistory",
    summary: "Who changed what, the last first",
    middleware: allow(editorRoles.readCollectionHistory),
    request: { params: ofCollection, query: historyQuery },
    responses: { 200: json(History, "The history"), ...problems("bad-request", ...reads) },
  }),
  undoCollection: createRoute({
    method: "post",
    path: "/api/v1/editor/collections/{collectionId}/undo/{revision}",
    operationId: "undoCollection",
    summary: "Write back what was before that revision, as a change of its own",
    middleware: allow(editorRoles.undoCollection),
    request: { params: revisionOfCollection, headers: ifMatch },
    responses: { 200: json(EditedCollection, "Undone"), ...problems(...writes) },
  }),
};

export function addEditorRoutes(
  app: OpenAPIHono<AppEnv>,
  { database, clock }: { readonly database: Database; readonly clock: Clock },
): void {
  const editorOf = (c: Context<AppEnv>): Editor => {
    const { accountId, profileId } = c.get("identity");
    return { name: accountId ?? profileId ?? "machine", at: new Date(clock.now()) };
  };
  const bodyOf = <Schema extends z.ZodType>(c: Context<AppEnv>, schema: Schema) =>
    readJson(c, schema, {
      bytesMax: EDITED_DOCUMENT_BYTES_MAX,
      tooLarge: problem("body-too-large"),
      malformed: problem("bad-request"),
    });
  const titleAnswer = (c: Context<AppEnv>, outcome: EditOutcome<TitleDocument>) => {
    const written = writtenOf(outcome);
    c.header("etag", `"${written.revision}"`);
    return { revision: written.revision, title: written.document };
  };
  const collectionAnswer = (c: Context<AppEnv>, outcome: EditOutcome<CollectionDocument>) => {
    const written = writtenOf(outcome);
    c.header("etag", `"${written.revision}"`);
    return { revision: written.revision, collection: written.document };
  };

  app.openapi(routes.readTitleDocument, async (c) => {
    const { titleId } = c.req.valid("param");
    const found = (await readDocuments(database, [titleId])).get(titleId);
    if (!found) throw new ProblemError(problem("not-found"));
    c.header("etag", `"${found.revision}"`);
    return c.json({ revision: found.revision, title: found.document }, 200);
  });
  app.openapi(routes.createTitle, async (c) => {
    const document = await bodyOf(c, TitleDocument);
    return c.json(titleAnswer(c, await createTitle(database, document, editorOf(c))), 201);
  });
  app.openapi(routes.changeTitle, async (c) => {
    const seen = revisionSeen(c);
    const patch = await bodyOf(c, TitlePatch);
    const { titleId } = c.req.valid("param");
    return c.json(titleAnswer(c, await changeTitle(database, titleId, patch, seen, editorOf(c))), 200);
  });
  app.openapi(routes.readTitleHistory, async (c) => {
    const { titleId } = c.req.valid("param");
    if (!(await readDocuments(database, [titleId])).has(titleId)) throw new ProblemError(problem("not-found"));
    return c.json(await readHistory(database, "title", titleId, c.req.valid("query").before), 200);
  });
  app.openapi(routes.undoTitle, async (c) => {
    const seen = revisionSeen(c);
    const { titleId, revision: undone } = c.req.valid("param");
    return c.json(titleAnswer(c, await undoTitle(database, titleId, undone, seen, editorOf(c))), 200);
  });

  app.openapi(routes.readCollectionDocument, async (c) => {
    const { collectionId } = c.req.valid("param");
    const found = (await readCollections(database, [collectionId])).get(collectionId);
    if (!found) throw new ProblemError(problem("not-found"));
    c.header("etag", `"${found.revision}"`);
    return c.json({ revision: found.revision, collection: found.document }, 200);
  });
  app.openapi(routes.createCollection, async (c) => {
    const document = await bodyOf(c, CollectionDocument);
    return c.json(collectionAnswer(c, await createCollection(database, document, editorOf(c))), 201);
  });
  app.openapi(routes.replaceCollection, async (c) => {
    const seen = revisionSeen(c);
    const document = await bodyOf(c, CollectionDocument);
    const { collectionId } = c.req.valid("param");
    if (document.collectionId !== collectionId)
      throw new ProblemError(
        problem("bad-request", { errors: [{ path: "collectionId", message: "another one than the path's" }] }),
      );
    return c.json(collectionAnswer(c, await replaceCollection(database, document, seen, editorOf(c))), 200);
  });
  app.openapi(routes.readCollectionHistory, async (c) => {
    const { collectionId } = c.req.valid("param");
    if (!(await readCollections(database, [collectionId])).has(collectionId))
      throw new ProblemError(problem("not-found"));
    return c.json(await readHistory(database, "collection", collectionId, c.req.valid("query").before), 200);
  });
  app.openapi(routes.undoCollection, async (c) => {
    const seen = revisionSeen(c);
    const { collectionId, revision: undone } = c.req.valid("param");
    return c.json(collectionAnswer(c, await undoCollection(database, collectionId, undone, seen, editorOf(c))), 200);
  });
}

/** A change without the revision that it was made on would overwrite whatever came between. */
function revisionSeen(c: Context<AppEnv>): number {
  const match = /^"(\d{1,10})"$/.exec(c.req.header("if-match") ?? "");
  const seen = Number(match?.[1] ?? Number.NaN);
  if (!Number.isInteger(seen) || seen > REVISION_MAX)
    throw new ProblemError(
      problem("bad-request", {
        errors: [{ path: "if-match", message: 'the revision that was read, as its ETag says it: If-Match: "3"' }],
      }),
    );
  return seen;
}

function writtenOf<Document>(outcome: EditOutcome<Document>) {
  switch (outcome.kind) {
    case "written":
      return outcome;
    case "missing":
      throw new ProblemError(problem("not-found"));
    case "exists":
      throw new ProblemError(problem("conflict", { detail: "There is one with this id already." }));
    case "outdated":
      throw new ProblemError(problem("precondition-failed", { detail: `Its revision is ${outcome.revision} now.` }));
    case "invalid":
      throw new ProblemError(problem("bad-request", { errors: [...outcome.issues] }));
  }
}
