/** The editor's side of the catalogue: whole documents, changed one field at a time, with a history that can be undone. */
import { z } from "zod";
import { CollectionId, TitleId } from "../ids.ts";
import { NameTexts, TITLES_PER_COLLECTION_MAX, TitleDocument } from "./catalogue.ts";

/** Of a request's body, at the door too: a series of sixty seasons with texts in three languages. */
export const EDITED_DOCUMENT_BYTES_MAX = 4_194_304;

/** What a change may name: every field but the id. Absent stays; `null` where a field takes it. */
export const TitlePatch = z
  .strictObject(
    Object.fromEntries(
      Object.entries(TitleDocument.shape)
        .filter(([field]) => field !== "titleId")
        .map(([field, schema]) => [field, withoutDefault(schema).optional()]),
    ),
  )
  .refine((patch) => Object.keys(patch).length > 0, { message: "a change names at least one field" }) as z.ZodType<
  Partial<Omit<TitleDocument, "titleId">>
>;
export type TitlePatch = z.infer<typeof TitlePatch>;

/** A default would fill in what a change does not name. */
function withoutDefault(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : schema;
}

/** The revision is also the ETag, quoted: give it back as `If-Match`. */
export const EditedTitle = z.object({ revision: z.number().int().min(0), title: TitleDocument });
export type EditedTitle = z.infer<typeof EditedTitle>;

export const CollectionDocument = z.object({
  collectionId: CollectionId,
  names: NameTexts.refine((names) => Object.keys(names).length > 0, { message: "a collection has a name" }),
  titleIds: z.array(TitleId).max(TITLES_PER_COLLECTION_MAX),
});
export type CollectionDocument = z.infer<typeof CollectionDocument>;

export const EditedCollection = z.object({
  revision: z.number().int().min(0),
  collection: CollectionDocument,
});
export type EditedCollection = z.infer<typeof EditedCollection>;

export const HISTORY_PAGE_MAX = 100;

/** The last first, at most HISTORY_PAGE_MAX; `before`: give the last revision seen for what came before it. */
export const History = z.object({
  revisions: z.array(
    z.object({
      revision: z.number().int(),
      changedAt: z.string(),
      changedBy: z.string(),
      action: z.enum(["create", "change", "undo", "import"]),
      /** Of an undo. */
      undoneRevision: z.number().int().nullable(),
      /** By field: what it was (null: there was none) and what it became. */
      changes: z.record(z.string(), z.object({ before: z.unknown(), after: z.unknown() })),
    }),
  ),
});
export type History = z.infer<typeof History>;
