/**
 * The app's addresses. `/sign-in` is not among them: the gateway takes it (links that sign in once).
 * Pages that ask who is there stand under `signed-in`. Home comes with the first script; the others come when they are gone to.
 */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { locale } from "./locale.ts";
import { Home } from "./pages/home.tsx";
import { Notices } from "./parts/notices.tsx";
import { SignedIn } from "./parts/shell.tsx";

/** A page that is loaded when it is gone to, together with its words. */
const later = <Name extends string>(load: () => Promise<Record<Name, () => ReactNode>>, name: Name) =>
  lazyRouteComponent(
    () =>
      Promise.all([
        load(),
        import("./strings-of-pages.ts").then(({ loadPageStrings }) => loadPageStrings(locale())),
      ]).then(([page]) => page),
    name,
  );

const root = createRootRoute({
  component: () => (
    <>
      <Outlet />
      <Notices />
    </>
  ),
  notFoundComponent: later(() => import("./pages/not-found.tsx"), "NotFound"),
});
const welcome = createRoute({
  getParentRoute: () => root,
  path: "/welcome",
  component: later(() => import("./pages/welcome.tsx"), "Welcome"),
});
const profiles = createRoute({
  getParentRoute: () => root,
  path: "/profiles",
  component: later(() => import("./pages/profiles.tsx"), "Profiles"),
});
const account = createRoute({
  getParentRoute: () => root,
  path: "/account",
  component: later(() => import("./pages/account.tsx"), "AccountPage"),
});
/** Sign-up and what letters lead to: `mail-texts.ts` of the gateway names these paths. */
const doors = (
  [
    ["/enter", "Enter"],
    ["/join", "Join"],
    ["/verify", "Verify"],
    ["/forgot", "Forgot"],
    ["/reset", "Reset"],
    ["/confirm-email", "ConfirmEmail"],
  ] as const
).map(([path, name]) =>
  createRoute({ getParentRoute: () => root, path, component: later(() => import("./pages/doors.tsx"), name) }),
);
const signedIn = createRoute({ getParentRoute: () => root, id: "signed-in", component: SignedIn });
const home = createRoute({ getParentRoute: () => signedIn, path: "/", component: Home });
const title = createRoute({
  getParentRoute: () => signedIn,
  path: "/title/$titleId",
  component: later(() => import("./pages/title.tsx"), "TitlePage"),
});
const myList = createRoute({
  getParentRoute: () => signedIn,
  path: "/my-list",
  component: later(() => import("./pages/my-list.tsx"), "MyList"),
});
const search = createRoute({
  getParentRoute: () => signedIn,
  path: "/search",
  component: later(() => import("./pages/search.tsx"), "SearchPage"),
});
const person = createRoute({
  getParentRoute: () => signedIn,
  path: "/person/$personId",
  component: later(() => import("./pages/person.tsx"), "PersonPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    welcome,
    profiles,
    account,
    ...doors,
    signedIn.addChildren([home, title, myList, search, person]),
  ]),
  scrollRestoration: true,
  // A card that is pointed at brings the title page's script before the click.
  defaultPreload: "intent",
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
