/**
 * Branded identifiers: an account id can't be passed where a profile id is meant. All of them are pseudonyms; what names
 * a person stays in the database.
 */
import { z } from "zod";

const identifier = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9:._-]*$/, "letters, digits and : . _ - only, starting with a letter or digit");

export const AccountId = identifier.brand<"AccountId">();
export type AccountId = z.infer<typeof AccountId>;

/** One viewer of an account: what the engine calls a user. */
export const ProfileId = identifier.brand<"ProfileId">();
export type ProfileId = z.infer<typeof ProfileId>;

/** A film or a whole series: what the engine calls an item. */
export const TitleId = identifier.brand<"TitleId">();
export type TitleId = z.infer<typeof TitleId>;

/** What is played of a series: one episode. */
export const PartId = identifier.brand<"PartId">();
export type PartId = z.infer<typeof PartId>;

export const PersonId = identifier.brand<"PersonId">();
export type PersonId = z.infer<typeof PersonId>;

export const CollectionId = identifier.brand<"CollectionId">();
export type CollectionId = z.infer<typeof CollectionId>;

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Made by the client, UUIDv7 in lower case: the same event sent twice carries the same id and counts once. */
export const EventId = z.string().regex(UUID_V7, "a UUIDv7 in lower case").brand<"EventId">();
export type EventId = z.infer<typeof EventId>;

/** One composed page or list: what its impressions and clicks point back at. UUIDv7. */
export const DecisionId = z.string().regex(UUID_V7, "a UUIDv7 in lower case").brand<"DecisionId">();
export type DecisionId = z.infer<typeof DecisionId>;

/** One publication of all lists. Sorts by time: `g` + 13 digits of milliseconds + `-` + 4 hex digits. */
export const Generation = z
  .string()
  .regex(/^g\d{13}-[0-9a-f]{4}$/, "g<13 digits>-<4 hex digits>")
  .brand<"Generation">();
export type Generation = z.infer<typeof Generation>;

/** ISO 3166-1 alpha-2, upper case. */
export const Country = z.string().regex(/^[A-Z]{2}$/, "a two-letter country code in upper case");
export type Country = z.infer<typeof Country>;
