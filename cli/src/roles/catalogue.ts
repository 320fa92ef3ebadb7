/** The catalogue in memory, read from the role `catalog`: one for all roles of a process that look titles up. */
import type { TitleId } from "@thewatcher/contracts/ids";
import { type CatalogueHolder, createCatalogueHolder } from "@thewatcher/serving-api/catalogue-holder";
import { catalogueSlices } from "../clients.ts";
import type { RoleContext } from "./part.ts";
import { watch } from "./watch.ts";

export interface HeldCatalogue extends CatalogueHolder {
  /** undefined: cannot say, nothing was read yet. */
  knows(titleId: TitleId): boolean | undefined;
  start(): void;
}

export function holdCatalogue(context: RoleContext): HeldCatalogue {
  const { clock, logOf, lifecycle } = context;
  const holder = createCatalogueHolder({
    fetchSlice: catalogueSlices(context.call("catalog")),
    clock,
    log: logOf("catalogue"),
  });
  let known: { readonly titles: unknown; readonly ids: ReadonlySet<string> } = { titles: undefined, ids: new Set() };
  return {
    ...holder,
    knows(titleId) {
      const titles = holder.current();
      if (titles.length === 0) return undefined;
      if (known.titles !== titles) known = { titles, ids: new Set(titles.map(({ facts }) => facts.titleId)) };
      return known.ids.has(titleId);
    },
    start: () => watch("catalogue", holder, lifecycle),
  };
}
