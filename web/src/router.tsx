/**
 * Which page stands at which address. Pages that ask who is there stand in the frame. Home comes with the first script; the
 * others come when they are gone to, each with its words.
 */
import { Component, type ComponentType, lazy, type ReactNode, Suspense } from "react";
import type { Path } from "./addresses.ts";
import { locale } from "./locale.ts";
import { mobileHostHere } from "./mobile-host.ts";
import { Home } from "./pages/home.tsx";
import { Notices } from "./parts/notices.tsx";
import { SignedIn } from "./parts/shell.tsx";
import { Failure } from "./parts/states.tsx";
import { createNavigation, type Page } from "./routing/navigation.ts";
import { browserWindow, Router } from "./routing/router.tsx";

/** A page that is loaded when it is gone to, together with its words. */
function later<Name extends string>(load: () => Promise<Record<Name, ComponentType>>, name: Name): Page<ComponentType> {
  let view: ComponentType | null = null;
  return {
    ready: () => view,
    async load() {
      const [page] = await Promise.all([
        load(),
        import("./strings-of-pages.ts").then(({ loadPageStrings }) => loadPageStrings(locale())),
      ]);
      view = page[name];
      return view;
    },
  };
}

const door = (name: keyof typeof import("./pages/doors.tsx")) => later(() => import("./pages/doors.tsx"), name);

const pages: Readonly<Record<Path, Page<ComponentType>>> = {
  "/": { ready: () => Home, load: () => Promise.resolve(Home) },
  "/title/$titleId": later(() => import("./pages/title.tsx"), "TitlePage"),
  "/my-list": later(() => import("./pages/my-list.tsx"), "MyList"),
  "/taste": later(() => import("./pages/taste.tsx"), "TastePage"),
  "/search": later(() => import("./pages/search.tsx"), "SearchPage"),
  "/person/$personId": later(() => import("./pages/person.tsx"), "PersonPage"),
  "/collections/$collectionId": later(() => import("./pages/collection.tsx"), "CollectionPage"),
  "/welcome": later(() => import("./pages/welcome.tsx"), "Welcome"),
  "/profiles": later(() => import("./pages/profiles.tsx"), "Profiles"),
  "/account": later(() => import("./pages/account.tsx"), "AccountPage"),
  "/enter": door("Enter"),
  "/join": door("Join"),
  "/verify": door("Verify"),
  "/forgot": door("Forgot"),
  "/reset": door("Reset"),
  "/confirm-email": door("ConfirmEmail"),
};

const FRAMED: readonly (string | null)[] = [
  "/",
  "/title/$titleId",
  "/my-list",
  "/taste",
  "/search",
  "/person/$personId",
  "/collections/$collectionId",
] satisfies readonly Path[];

export const navigation = createNavigation(
  {
    routes: Object.entries(pages).map(([path, page]) => ({ path, page })),
    absent: later(() => import("./pages/not-found.tsx"), "NotFound"),
  },
  browserWindow,
);

/** A page that cannot be drawn says so; the others still can. */
class Guard extends Component<{ readonly children: ReactNode }, { readonly error: unknown }> {
  override state = { error: undefined as unknown };
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override render() {
    if (this.state.error === undefined) return this.props.children;
    return <Failure error={this.state.error} onRetry={() => this.setState({ error: undefined })} />;
  }
}

const mobileHost = mobileHostHere();
const MobileOffer = lazy(() =>
  Promise.all([
    import("./parts/mobile-offer.tsx"),
    import("./strings-of-pages.ts").then(({ loadPageStrings }) => loadPageStrings(locale())),
  ]).then(([{ MobileOffer: offer }]) => ({ default: offer })),
);

export const App = () => (
  <Router navigation={navigation}>
    {({ path, view: View }) => {
      const page = View === null ? <Failure error={null} onRetry={() => void navigation.retry()} /> : <View />;
      return (
        <>
          <Guard key={path}>{FRAMED.includes(path) ? <SignedIn>{page}</SignedIn> : page}</Guard>
          {mobileHost !== null && (
            <Suspense>
              <MobileOffer host={mobileHost} />
            </Suspense>
          )}
          <Notices />
        </>
      );
    }}
  </Router>
);
