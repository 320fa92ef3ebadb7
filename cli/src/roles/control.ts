/** The role `control`: business rules, their dry runs, and who did what. */
import { createControlApi } from "@thewatcher/control-api/app";
import { pagesComposedBy } from "../clients.ts";
import type { RoleContext, RolePart } from "./part.ts";
import type { RoleStores } from "./table.ts";

export function composeControl({ database }: RoleStores<"control">, context: RoleContext): RolePart {
  const app = createControlApi({
    database,
    composePages: pagesComposedBy(context.call("serving")),
    verifier: context.verifierOf("control"),
    clock: context.clock,
    log: context.logOf("control"),
  });
  return { fetch: (request) => app.fetch(request) };
}
