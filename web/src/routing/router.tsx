/** Navigation for components: links, redirects, what the address says, and the scroll of a page that is returned to. */
import {
  type ComponentProps,
  type ComponentType,
  createContext,
  type MouseEvent,
  type ReactNode,
  use,
  useEffect,
  useLayoutEffect,
  useMemo,
} from "react";
import type { Path } from "../addresses.ts";
import { useStore } from "../store.ts";
import type { Navigation, Scroll, Window } from "./navigation.ts";
import { hrefOf, isWithin, type Params, type ParamsOf, type Search } from "./paths.ts";

export type AppNavigation = Navigation<ComponentType>;

const NavigationContext = createContext<AppNavigation | null>(null);

function useNavigation(): AppNavigation {
  const navigation = use(NavigationContext);
  if (navigation === null) throw new Error("useNavigation outside of Router");
  return navigation;
}

function useShown() {
  const shown = useStore(useNavigation().shown);
  if (shown === null) throw new Error("nothing is shown yet");
  return shown;
}

/** An address of ours. `params` are asked for where the pattern has some. */
export type To<Pattern extends Path> = {
  readonly to: Pattern;
  readonly search?: Search;
} & (unknown extends ParamsOf<Pattern> ? { readonly params?: never } : { readonly params: ParamsOf<Pattern> });

interface AnyTo {
  readonly to: string;
  readonly params?: unknown;
  readonly search?: Search | undefined;
}
const hrefTo = ({ to, params, search }: AnyTo) => hrefOf(to, params as Params | undefined, search);

export type LinkProps<Pattern extends Path> = To<Pattern> & Omit<ComponentProps<"a">, "href" | "target">;

/** A pointer that rests here this long means to click. */
const INTENT_MS = 50;

const isPlain = (event: MouseEvent) =>
  event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) && !event.defaultPrevented;

/** Goes without loading the app anew; says `aria-current` of where the viewer is; brings the page's script before the click. */
export function Link<const Pattern extends Path>(props: LinkProps<Pattern>) {
  const { to, params, search, onClick, ...rest }: AnyTo & Omit<ComponentProps<"a">, "href"> = props;
  const navigation = useNavigation();
  const { pathname } = useShown();
  const href = hrefTo({ to, params, search });
  const intend = () => navigation.preload(href);
  return (
    <a
      {...rest}
      href={href}
      {...(isWithin(pathname, href.split("?")[0] ?? "") ? { "aria-current": "page" } : {})}
      onClick={(event) => {
        onClick?.(event);
        if (!isPlain(event)) return;
        event.preventDefault();
        void navigation.navigate(href);
      }}
      onPointerEnter={(event) => {
        const { currentTarget } = event;
        const timer = setTimeout(intend, INTENT_MS);
        currentTarget.addEventListener("pointerleave", () => clearTimeout(timer), { once: true });
      }}
      onFocus={intend}
      onTouchStart={intend}
    />
  );
}

export type Go = <const Pattern extends Path>(to: To<Pattern> & { readonly replace?: boolean }) => Promise<void>;

export function useNavigate(): Go {
  const navigation = useNavigation();
  return useMemo(
    () =>
      ({ replace = false, ...to }) =>
        navigation.navigate(hrefTo(to as AnyTo), replace ? "replace" : "push"),
    [navigation],
  );
}

/** Goes elsewhere instead of drawing anything; nobody comes back here by "back". */
export function Navigate<const Pattern extends Path>(to: To<Pattern>) {
  const navigation = useNavigation();
  const href = hrefTo(to as AnyTo);
  useEffect(() => void navigation.navigate(href, "replace"), [navigation, href]);
  return null;
}

/** The varying segments of the address; empty where the page is of another pattern. */
export const useParam = (name: string): string => useShown().params[name] ?? "";
export const useSearch = (): Search => useShown().search;

/** Rows and the like, whose sideways scroll is kept too. */
const SCROLLED = "[data-scroll-restoration-id]";
const idOf = (element: Element) => element.getAttribute("data-scroll-restoration-id") ?? "";

/** Answers whether there is nothing left to wait for: a page that is not as long yet is gone on with as it grows. */
function applyScroll({ top, elements }: Scroll): boolean {
  for (const element of document.querySelectorAll(SCROLLED)) {
    const left = elements.find(({ id }) => id === idOf(element))?.left;
    if (left !== undefined) element.scrollLeft = left;
  }
  scrollTo({ top, behavior: "instant" });
  return Math.abs(scrollY - top) <= 1;
}

/** Titles that come later than this after a return move nobody any more. */
const RESTORES_FOR_MS = 2_000;

function restore(wanted: Scroll | null): (() => void) | undefined {
  if (wanted === null) {
    scrollTo({ top: 0, behavior: "instant" });
    return undefined;
  }
  if (applyScroll(wanted)) return undefined;
  const stop = new AbortController();
  const growing = new ResizeObserver(() => {
    if (applyScroll(wanted)) stop.abort();
  });
  growing.observe(document.body);
  stop.signal.addEventListener("abort", () => growing.disconnect());
  const timer = setTimeout(() => stop.abort(), RESTORES_FOR_MS);
  stop.signal.addEventListener("abort", () => clearTimeout(timer));
  // Whoever scrolls themselves is not pulled back.
  for (const act of ["wheel", "touchstart", "keydown"])
    addEventListener(act, () => stop.abort(), { signal: stop.signal, passive: true });
  return () => stop.abort();
}

/** Where the app is: what is drawn there is `children`'s to say. */
export function Router({
  navigation,
  children,
}: {
  readonly navigation: AppNavigation;
  readonly children: (shown: { readonly path: string | null; readonly view: ComponentType | null }) => ReactNode;
}) {
  const shown = useStore(navigation.shown);
  useEffect(() => {
    addEventListener("popstate", navigation.onPopState);
    addEventListener("pagehide", navigation.onPageHide);
    return () => {
      removeEventListener("popstate", navigation.onPopState);
      removeEventListener("pagehide", navigation.onPageHide);
    };
  }, [navigation]);
  const visit = shown?.visit;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each visit is scrolled once, whatever else is drawn.
  useLayoutEffect(() => restore(navigation.scrollToRestore()), [visit, navigation]);
  if (shown === null) return null;
  return <NavigationContext value={navigation}>{children(shown)}</NavigationContext>;
}

const KEY = "scroll";

/** The browser's own; storage may be forbidden altogether. */
export const browserWindow: Window = {
  address: () => location,
  state: () => history.state,
  put: (how, state, href) => history[`${how}State`](state, "", href),
  readScroll: () => ({
    top: scrollY,
    elements: [...document.querySelectorAll(SCROLLED)]
      .map((element) => ({ id: idOf(element), left: element.scrollLeft }))
      .filter(({ left }) => left > 0),
  }),
  stored() {
    try {
      return sessionStorage.getItem(KEY);
    } catch {
      return null;
    }
  },
  store(text) {
    try {
      sessionStorage.setItem(KEY, text);
    } catch {
      // Then a reload begins at the top.
    }
  },
  reload: () => location.reload(),
};
