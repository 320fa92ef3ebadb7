/**
 * Where the viewer is, and how they get elsewhere: the browser's history, the page of each address, and its scroll.
 *
 * The page before stays until the next one's script is there, then both change at once; whoever goes on meanwhile is
 * taken to the last place asked for. Each entry of the history has an index in its state, under which the scroll of the
 * window and of every row is kept (in the tab's storage too, for a reload): back and forward return to it, what is new
 * begins at the top. A page whose script is gone, as after a new version, is asked of the server once.
 *
 * Ours instead of a library: 2 kB gzip of home's 120 kB instead of 27 (decision 0014).
 */
import { createStore, type Store } from "../store.ts";
import { type Params, paramsIn, type Search, searchIn } from "./paths.ts";

/** Something drawn at an address; `ready` as soon as its script is there. */
export interface Page<View> {
  readonly ready: () => View | null;
  readonly load: () => Promise<View>;
}

export interface Route<View> {
  readonly path: string;
  readonly page: Page<View>;
}

/** What is on the screen. `view` is null where the page's script did not come. */
export interface Shown<View> {
  readonly path: string | null;
  readonly pathname: string;
  readonly params: Params;
  readonly search: Search;
  readonly view: View | null;
  /** The same until the viewer goes elsewhere: what is typed into the address is no other place. */
  readonly visit: number;
}

export interface ScrolledElement {
  readonly id: string;
  readonly left: number;
}
export interface Scroll {
  readonly top: number;
  readonly elements: readonly ScrolledElement[];
}

/** What is touched of the browser; a test brings its own. */
export interface Window {
  readonly address: () => { readonly pathname: string; readonly search: string };
  readonly state: () => unknown;
  readonly put: (how: "push" | "replace", state: unknown, href?: string) => void;
  readonly readScroll: () => Scroll;
  readonly stored: () => string | null;
  readonly store: (text: string) => void;
  /** Asks the server for the page that stands in the address. */
  readonly reload: () => void;
}

export interface Navigation<View> {
  readonly shown: Store<Shown<View> | null>;
  /** Settles when the page is on the screen, or another was asked for. */
  readonly navigate: (href: string, how?: "push" | "replace") => Promise<void>;
  /** Fetches the script of the page at an address, if it is not there yet. */
  readonly preload: (href: string) => void;
  /** The browser went back or forward, or to a `#place` on the page. */
  readonly onPopState: () => void;
  /** The tab is left: the scroll is kept. */
  readonly onPageHide: () => void;
  /** Tries the page again whose script did not come. */
  readonly retry: () => Promise<void>;
  /** Where the page on the screen was scrolled to when it was left; null where it begins at the top. */
  readonly scrollToRestore: () => Scroll | null;
}

/** Entries of the history whose scroll is kept: more than anybody goes back. */
const SCROLLS_MAX = 50;

interface Kept {
  readonly scrolls: Readonly<Record<number, Scroll>>;
  /** The address that was asked of the server because its script was gone. */
  readonly reloaded: string | null;
}

const isScroll = (given: unknown): given is Scroll =>
  typeof given === "object" && given !== null && "top" in given && typeof given.top === "number" && "elements" in given;

function readKept(text: string | null): Kept {
  try {
    const { scrolls, reloaded = null } = JSON.parse(text ?? "{}") as Partial<Kept>;
    const own = Object.entries(scrolls ?? {}).filter(([, scroll]) => isScroll(scroll));
    return { scrolls: Object.fromEntries(own), reloaded };
  } catch {
    // Somebody else's words under our name: as if there were none.
    return { scrolls: {}, reloaded: null };
  }
}

const indexIn = (state: unknown): number | null =>
  typeof state === "object" && state !== null && "index" in state && typeof state.index === "number"
    ? state.index
    : null;

export function createNavigation<View>(
  { routes, absent }: { readonly routes: readonly Route<View>[]; readonly absent: Page<View> },
  window: Window,
): Navigation<View> {
  const shown = createStore<Shown<View> | null>(null);
  const kept = readKept(window.stored());
  let { reloaded } = kept;
  const scrolls = new Map(Object.entries(kept.scrolls).map(([index, scroll]) => [Number(index), scroll]));
  let index = indexIn(window.state()) ?? 0;
  let turn = 0;
  let visit = 0;
  window.put("replace", { index });
  let wanted: Scroll | null = scrolls.get(index) ?? null;

  function keep(): void {
    scrolls.delete(index);
    if (shown.get() !== null) scrolls.set(index, window.readScroll());
    for (const oldest of scrolls.keys()) if (scrolls.size > SCROLLS_MAX) scrolls.delete(oldest);
  }

  const save = () => window.store(JSON.stringify({ scrolls: Object.fromEntries(scrolls), reloaded } satisfies Kept));

  function find(pathname: string) {
    for (const { path, page } of routes) {
      const params = paramsIn(path, pathname);
      if (params !== null) return { path, page, params };
    }
    return { path: null, page: absent, params: {} };
  }

  async function viewOf(page: Page<View>, pathname: string): Promise<View | null> {
    try {
      const view = page.ready() ?? (await page.load());
      reloaded = null;
      return view;
    } catch {
      if (reloaded !== pathname) {
        reloaded = pathname;
        save();
        window.reload();
      }
      return null;
    }
  }

  /** Shows what the address says. `isSame`: of the place that is shown already. */
  async function settle({ isSame }: { readonly isSame: boolean }): Promise<void> {
    const mine = ++turn;
    const { pathname, search } = window.address();
    const { path, page, params } = find(pathname);
    const view = page.ready() ?? (await viewOf(page, pathname));
    if (mine !== turn) return;
    if (!isSame) visit++;
    shown.set({ path, pathname, params, search: searchIn(search), view, visit });
  }

  const first = settle({ isSame: false });

  return {
    shown,
    async navigate(href, how = "push") {
      await first;
      const here = window.address().pathname;
      // A word typed into the address is no step: the scroll stays.
      const isSame = how === "replace" && here === shown.get()?.pathname && href.split("?")[0] === here;
      if (how === "push") {
        keep();
        index++;
        for (const later of scrolls.keys()) if (later >= index) scrolls.delete(later);
      }
      if (!isSame) wanted = null;
      window.put(how, { index }, href);
      await settle({ isSame });
    },
    preload(href) {
      const { page } = find(href.split(/[?#]/)[0] ?? "");
      // Whoever goes there is told what is wrong.
      if (page.ready() === null) void page.load().catch(() => {});
    },
    onPopState() {
      const { pathname, search } = window.address();
      const next = indexIn(window.state());
      const last = shown.get();
      keep();
      if (next === null) {
        // A `#place` of the page made an entry without an index; the browser has gone there itself.
        index++;
        window.put("replace", { index });
        const isSame = last?.pathname === pathname && hrefSearch(last.search) === hrefSearch(searchIn(search));
        if (isSame) return;
      } else index = next;
      wanted = scrolls.get(index) ?? null;
      void settle({ isSame: false });
    },
    onPageHide() {
      keep();
      save();
    },
    async retry() {
      await settle({ isSame: true });
    },
    scrollToRestore: () => wanted,
  };
}

const hrefSearch = (search: Search): string => JSON.stringify(search);
