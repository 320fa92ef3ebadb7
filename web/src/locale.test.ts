import { describe, expect, test } from "vitest";
import { localeFor } from "./locale.ts";

describe("the app's language before anybody is known", () => {
  test("each of our hosts has its own", () => {
    expect(localeFor("thewatcher.ru", null, ["en"])).toBe("ru");
    expect(localeFor("m.thewatcher.ru", null, ["en"])).toBe("ru");
    expect(localeFor("thewatcher.by", null, ["ru"])).toBe("be");
    expect(localeFor("thewatcher.us", null, ["ru"])).toBe("en");
  });

  test("what was chosen on the device comes before the host", () => {
    expect(localeFor("thewatcher.us", "be", ["ru"])).toBe("be");
    expect(localeFor("thewatcher.us", "de", ["ru"])).toBe("en");
  });

  test("elsewhere the browser's first language of ours, English where there is none", () => {
    expect(localeFor("127.0.0.1", null, ["de-DE", "be-BY", "ru"])).toBe("be");
    expect(localeFor("127.0.0.1", null, ["de-DE"])).toBe("en");
  });
});
