import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PATHS } from "../addresses.ts";
import { hrefOf, isWithin, paramsIn, searchIn } from "./paths.ts";

describe("addresses", () => {
  test("a pattern names what varies, with or without a slash at the end", () => {
    expect(paramsIn("/title/$titleId", "/title/vega%3A7")).toEqual({ titleId: "vega:7" });
    expect(paramsIn("/title/$titleId", "/title/vega:7/")).toEqual({ titleId: "vega:7" });
    expect(paramsIn("/", "/")).toEqual({});
    expect(paramsIn("/my-list", "/my-list")).toEqual({});
  });

  test("another number of segments, another word or a broken escape is another page", () => {
    for (const pathname of ["/title", "/title/a/b", "/titles/a", "/title/%E0%A4%A"])
      expect(paramsIn("/title/$titleId", pathname)).toBeNull();
  });

  test("any id comes back out of the address it was put into, and the address is of that page alone", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (titleId) => {
        const href = hrefOf("/title/$titleId", { titleId });
        // A browser takes `/title/.` for `/title/`.
        fc.pre(!/\/\.{1,2}$/.test(href));
        const { pathname } = new URL(href, "https://thewatcher.ru");
        const found = PATHS.filter((path) => paramsIn(path, pathname) !== null);
        expect(found).toEqual(["/title/$titleId"]);
        expect(paramsIn("/title/$titleId", pathname)).toEqual({ titleId });
      }),
    );
  });

  test("what is asked for comes back out of the address as it was typed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (q) => {
        const { search } = new URL(hrefOf("/search", {}, { q, genre: undefined }), "https://thewatcher.ru");
        expect(searchIn(search)).toEqual({ q });
      }),
    );
    expect(searchIn("?q=1917&kind=film")).toEqual({ q: "1917", kind: "film" });
  });

  test("a link is current on its page and on what is under it; home on itself alone", () => {
    expect(isWithin("/my-list", "/my-list")).toBe(true);
    expect(isWithin("/title/a", "/title")).toBe(true);
    expect(isWithin("/titles", "/title")).toBe(false);
    expect(isWithin("/my-list", "/")).toBe(false);
    expect(isWithin("/", "/")).toBe(true);
  });
});
