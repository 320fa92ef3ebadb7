/**
 * Who is asking, between services. The gateway turns a session or a machine's token into an internal token (JWT, EdDSA,
 * ≤ 60 s, one audience a service) that carries these claims; a service believes nothing else.
 */
import { z } from "zod";
import { AccountId, Country, ProfileId } from "./ids.ts";
import { Locale } from "./locales.ts";
import { PlanId } from "./plans.ts";

export const Role = z.enum(["viewer", "analyst", "product", "editor", "operator", "service"]);
export type Role = z.infer<typeof Role>;

export const SERVICES = ["ingestion", "serving", "catalog", "control"] as const;
export type ServiceName = (typeof SERVICES)[number];

/** What viewers watch on. Machines and our own services have other words. */
export type DeviceKind = "web" | "phone" | "tv";

export const Identity = z.object({
  role: Role,
  accountId: AccountId.optional(),
  /** The profile chosen on this device; absent before the choice and for machines. */
  profileId: ProfileId.optional(),
  country: Country,
  device: z.string().max(64),
  /** What the catalogue is read in. Absent in tokens of before. */
  language: Locale.optional(),
  /** What the account subscribes to; null: nothing. Absent in tokens of before. */
  planId: PlanId.nullable().optional(),
});
export type Identity = z.infer<typeof Identity>;
