/** The role `trainer`, and whatever process trains: it needs its stores when it is asked, not before. */
import type { Rng } from "@thewatcher/kit/rng";
import { createTrainer, type Trainer } from "@thewatcher/trainer/trainer";
import type { RoleContext } from "./part.ts";
import type { RoleStores } from "./table.ts";

export function composeTrainer(
  stores: RoleStores<"trainer">,
  { clock, logOf }: RoleContext,
  own: { readonly rng: Rng; readonly codeVersion: string; readonly onActivated: () => void },
): Trainer {
  return createTrainer({
    // Looked up when they are used: a rollback takes one of them alone.
    get warehouse() {
      return stores.warehouse;
    },
    get recommendations() {
      return stores.recommendations;
    },
    get objects() {
      return stores.objects;
    },
    get database() {
      return stores.database;
    },
    clock,
    rng: own.rng,
    log: logOf("trainer"),
    codeVersion: own.codeVersion,
    onActivated: own.onActivated,
  });
}
