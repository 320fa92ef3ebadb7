/**
 * The app's addresses. `/sign-in` is not among them: the gateway takes it (links that sign in once).
 * Pages that ask who is there stand under `signed-in`. Home comes with the first script; the others come when they are gone to.
 */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from "@tanstack/react-router";
import { Home } from "./pages/home.tsx";
import { NotFound } from "./pages/not-found.tsx";
import { Notices } from "./parts/notices.tsx";
import { SignedIn } from "./parts/shell.tsx";

const root = createRootRoute({
  component: () => (
    <>
      <Outlet />
      <Notices />
    </>
  ),
  notFoundComponent: NotFound,
});
const welcome = createRoute({
  getParentRoute: () => root,
  path: "/welcome",
  component: lazyRouteComponent(() => import("./pages/welcome.tsx"), "Welcome"),
});
const profiles = createRoute({
  getParentRoute: () => root,
  path: "/profiles",
  component: lazyRouteComponent(() => import("./pages/profiles.tsx"), "Profiles"),
});
const signedIn = createRoute({ getParentRoute: () => root, id: "signed-in", component: SignedIn });
const home = createRoute({ getParentRoute: () => signedIn, path: "/", component: Home });
const title = createRoute({
  getParentRoute: () => signedIn,
  path: "/title/$titleId",
  component: lazyRouteComponent(() => import("./pages/title.tsx"), "TitlePage"),
});
const myList = createRoute({
  getParentRoute: () => signedIn,
  path: "/my-list",
  component: lazyRouteComponent(() => import("./pages/my-list.tsx"), "MyList"),
});

export const router = createRouter({
  routeTree: root.addChildren([welcome, profiles, signedIn.addChildren([home, title, myList])]),
  scrollRestoration: true,
  // A card that is pointed at brings the title page's script before the click.
  defaultPreload: "intent",
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
