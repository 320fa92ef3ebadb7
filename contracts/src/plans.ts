/** What can be subscribed to. Rights windows name the plans that they hold for. */
import { z } from "zod";

export const PLAN_IDS = ["basic", "standard", "premium"] as const;
export const PlanId = z.enum(PLAN_IDS);
export type PlanId = z.infer<typeof PlanId>;
