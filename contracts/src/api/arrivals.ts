/** Wishes that have come, on their way from the catalogue, which finds them, to the gateway, which knows whom to write to. */
import { z } from "zod";
import { AccountId, TitleId } from "../ids.ts";

/** Accounts of one claim: a mail for each is queued in well under the time that a claim lasts. */
export const ARRIVAL_CLAIMS_MAX = 50;

/** `POST /internal/arrivals/claim`: for ten minutes they are the asker's; what is not said to be told by then is claimed again. */
export const ArrivalClaims = z.object({
  claims: z
    .array(
      z.object({
        /** The same when what was claimed is claimed again: who wrote of it already need not write twice. */
        claimId: z.string(),
        accountId: AccountId,
        titles: z.array(
          z.object({ titleId: TitleId, names: z.object({ ru: z.string(), be: z.string(), en: z.string() }) }),
        ),
      }),
    )
    .max(ARRIVAL_CLAIMS_MAX),
});
export type ArrivalClaims = z.infer<typeof ArrivalClaims>;

/** `POST /internal/arrivals/told`. */
export const ToldArrivals = z.strictObject({ claimIds: z.array(z.uuid()).max(ARRIVAL_CLAIMS_MAX) });
export type ToldArrivals = z.infer<typeof ToldArrivals>;
