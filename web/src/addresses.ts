/**
 * The app's addresses. `/sign-in` is not among them: the gateway takes it (links that sign in once). `/verify`, `/reset` and
 * the like are what letters lead to: `mail-texts.ts` of the gateway names them.
 */
export const PATHS = [
  "/",
  "/title/$titleId",
  "/my-list",
  "/taste",
  "/search",
  "/person/$personId",
  "/collections/$collectionId",
  "/welcome",
  "/profiles",
  "/account",
  "/enter",
  "/join",
  "/verify",
  "/forgot",
  "/reset",
  "/confirm-email",
] as const;

export type Path = (typeof PATHS)[number];
