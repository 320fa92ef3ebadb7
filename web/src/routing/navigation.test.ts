import { describe, expect, test } from "vitest";
import { createNavigation, type Page, type Scroll, type Window } from "./navigation.ts";

/** A browser's history of one tab, with a window that is scrolled by hand. */
function createTab(href: string) {
  const entries: { href: string; state: unknown }[] = [{ href, state: null }];
  let at = 0;
  let storage: string | null = null;
  const tab = { scroll: { top: 0, elements: [] } as Scroll, reloads: 0 };
  const window: Window = {
    address: () => new URL(entries[at]?.href ?? "", "https://thewatcher.ru"),
    state: () => entries[at]?.state,
    put(how, state, next) {
      const entry = { href: next ?? entries[at]?.href ?? "", state };
      if (how === "push") entries.splice(++at, Number.POSITIVE_INFINITY, entry);
      else entries[at] = entry;
    },
    readScroll: () => tab.scroll,
    stored: () => storage,
    store: (text) => {
      storage = text;
    },
    reload: () => {
      tab.reloads++;
    },
  };
  return {
    tab,
    window,
    /** The browser's buttons. */
    go(steps: number) {
      at += steps;
    },
    /** A click on `#place`: an entry that the app did not make. */
    jump(hash: string) {
      entries.splice(++at, Number.POSITIVE_INFINITY, { href: `${entries[at - 1]?.href}${hash}`, state: null });
    },
    hrefs: () => entries.map((entry) => entry.href),
  };
}

/** A page whose script comes when the test lets it. */
function createLater(name: string) {
  let view: string | null = null;
  const waiting: { resolve: (view: string) => void; reject: (error: unknown) => void }[] = [];
  const page: Page<string> = {
    ready: () => view,
    load: () => new Promise((resolve, reject) => waiting.push({ resolve, reject })),
  };
  return {
    page,
    asked: () => waiting.length,
    arrive() {
      view = name;
      for (const one of waiting) one.resolve(name);
    },
    fail() {
      for (const one of waiting.splice(0)) one.reject(new TypeError("Failed to fetch dynamically imported module"));
    },
  };
}

const here = (name: string): Page<string> => ({ ready: () => name, load: () => Promise.resolve(name) });
const rest = async () => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

function start(href = "/", given = createTab(href)) {
  const later = createLater("title");
  const navigation = createNavigation(
    {
      routes: [
        { path: "/", page: here("home") },
        { path: "/search", page: here("search") },
        { path: "/title/$titleId", page: later.page },
      ],
      absent: here("absent"),
    },
    given.window,
  );
  return { ...given, later, navigation, at: () => navigation.shown.get()?.view };
}

describe("going from page to page", () => {
  test("what has no address of ours is shown as absent", async () => {
    const { navigation } = start("/nowhere/at/all");
    await rest();
    expect(navigation.shown.get()).toMatchObject({ path: null, view: "absent" });
  });

  test("the page before stays until the next one's script is there", async () => {
    const { navigation, later, at, hrefs } = start();
    const going = navigation.navigate("/title/vega%3A7?from=row");
    await rest();
    expect([at(), hrefs()]).toEqual(["home", ["/", "/title/vega%3A7?from=row"]]);
    later.arrive();
    await going;
    expect(navigation.shown.get()).toMatchObject({
      view: "title",
      params: { titleId: "vega:7" },
      search: { from: "row" },
    });
  });

  test("who goes on meanwhile is taken to the last place asked for, also when the first arrives after it", async () => {
    const { navigation, later, at } = start();
    const first = navigation.navigate("/title/a");
    await rest();
    await navigation.navigate("/search");
    later.arrive();
    await first;
    expect(at()).toBe("search");
  });

  test("a link that is pointed at brings its script once, and nothing for what is there", async () => {
    const { navigation, later } = start();
    await rest();
    navigation.preload("/search");
    navigation.preload("/title/a?x=1");
    expect(later.asked()).toBe(1);
    later.arrive();
    navigation.preload("/title/b");
    expect(later.asked()).toBe(1);
  });

  test("a script that is gone is asked of the server once; then the page says so and can be tried again", async () => {
    const { navigation, later, tab, at } = start();
    let going = navigation.navigate("/title/a");
    await rest();
    later.fail();
    await going;
    expect([tab.reloads, at()]).toEqual([1, null]);
    going = navigation.retry();
    await rest();
    later.fail();
    await going;
    expect([tab.reloads, at()]).toEqual([1, null]);
    going = navigation.retry();
    await rest();
    later.arrive();
    await going;
    expect(at()).toBe("title");
  });

  test("a script that is gone also after the reload does not reload for ever", async () => {
    const before = start("/title/a");
    await rest();
    before.later.fail();
    await rest();
    expect(before.tab.reloads).toBe(1);
    const after = start("/title/a", before);
    await rest();
    after.later.fail();
    await rest();
    expect([after.tab.reloads, after.navigation.shown.get()?.view]).toEqual([1, null]);
  });
});

describe("where a page was scrolled to", () => {
  const scrolled: Scroll = { top: 840, elements: [{ id: "row", left: 300 }] };

  test("back and forward return to it; what is new begins at the top", async () => {
    const { navigation, tab, go } = start();
    await rest();
    tab.scroll = scrolled;
    await navigation.navigate("/search");
    expect(navigation.scrollToRestore()).toBeNull();
    tab.scroll = { top: 55, elements: [] };
    go(-1);
    navigation.onPopState();
    await rest();
    expect(navigation.scrollToRestore()).toEqual(scrolled);
    tab.scroll = scrolled;
    go(1);
    navigation.onPopState();
    await rest();
    expect(navigation.scrollToRestore()).toEqual({ top: 55, elements: [] });
  });

  test("the same address twice in the history has a scroll for each", async () => {
    const { navigation, tab, go } = start();
    await rest();
    tab.scroll = { top: 1, elements: [] };
    await navigation.navigate("/search");
    await navigation.navigate("/");
    expect(navigation.scrollToRestore()).toBeNull();
    tab.scroll = { top: 3, elements: [] };
    go(-2);
    navigation.onPopState();
    expect(navigation.scrollToRestore()).toEqual({ top: 1, elements: [] });
  });

  test("a reload returns to it", async () => {
    const before = start();
    await rest();
    before.tab.scroll = scrolled;
    before.navigation.onPageHide();
    expect(start("/", before).navigation.scrollToRestore()).toEqual(scrolled);
  });

  test("words typed into the address are no other visit; another page put in its place is", async () => {
    const { navigation } = start("/search");
    await rest();
    const visit = navigation.shown.get()?.visit;
    await navigation.navigate("/search?q=a", "replace");
    expect(navigation.shown.get()).toMatchObject({ visit, search: { q: "a" } });
    await navigation.navigate("/", "replace");
    expect(navigation.shown.get()?.visit).not.toBe(visit);
  });

  test("a jump on the page leaves the page as it is, and back from it finds the scroll", async () => {
    const { navigation, tab, jump, go } = start();
    await rest();
    const shown = navigation.shown.get();
    tab.scroll = scrolled;
    jump("#content");
    navigation.onPopState();
    expect(navigation.shown.get()).toBe(shown);
    tab.scroll = { top: 0, elements: [] };
    go(-1);
    navigation.onPopState();
    expect(navigation.scrollToRestore()).toEqual(scrolled);
  });

  test("what somebody else stored under the name is as nothing", async () => {
    for (const words of ["", "null", "7", "[]", '{"scrolls":null}', '{"scrolls":{"0":{"top":"x"}}}']) {
      const tab = createTab("/");
      tab.window.store(words);
      const { navigation, at } = start("/", tab);
      await rest();
      expect([at(), navigation.scrollToRestore()]).toEqual(["home", null]);
    }
  });
});
