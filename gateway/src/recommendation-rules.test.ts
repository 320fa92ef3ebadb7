import { LOCALES } from "@thewatcher/contracts/locales";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseRulesContact, renderRecommendationRules } from "./recommendation-rules.ts";
import { type Door, openDoor, openTestStores, type TestStores } from "./testing.ts";

let stores: TestStores;
let door: Door;
beforeAll(async () => {
  stores = await openTestStores();
  door = await openDoor(stores);
});
afterAll(async () => {
  await door.close();
  await stores.dispose();
});

describe("the rules of recommending", () => {
  test("are a page for anybody, in the language that is asked for, under the same policy as other pages", async () => {
    for (const [query, lang] of [
      ["", "ru"],
      ["?locale=be", "be"],
      ["?locale=en", "en"],
      ["?locale=xx", "ru"],
    ] as const) {
      const answer = await door.request(`/recommendations-rules${query}`, { headers: { "accept-language": "ru" } });
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(answer.headers.get("content-security-policy")).toContain("script-src 'nonce-");
      expect(await answer.text()).toContain(`<html lang="${lang}">`);
    }
  });

  test("say in Russian, word for word, what article 10.2-2 of the law 149-FZ asks for, and where to write", () => {
    const contact = parseRulesContact('ООО "Кино" <rules@example.by>');
    const page = renderRecommendationRules({ locale: "ru", contact, nonce: "n" });
    expect(page).toContain("На информационном ресурсе применяются рекомендательные технологии");
    expect(page).toContain('ООО &quot;Кино&quot;, <a href="mailto:rules@example.by">rules@example.by</a>');
    expect(page).not.toMatch(/<script|javascript:/);
  });

  test("have the same sections, as many points each, in every language", () => {
    const shapes = LOCALES.map((locale) =>
      [...renderRecommendationRules({ locale, contact: undefined, nonce: "n" }).matchAll(/<(h1|h2|p|ul|li|a)\b/g)]
        .map(([, tag]) => tag)
        .join(" "),
    );
    expect(new Set(shapes).size).toBe(1);
  });

  test("name an owner only where the setting is one", () => {
    expect(parseRulesContact("rules@example.by")).toEqual({ name: null, email: "rules@example.by" });
    expect(parseRulesContact("Cinema <rules@example.by>")).toEqual({ name: "Cinema", email: "rules@example.by" });
    for (const wrong of ["", "Cinema", "a@", "Cinema <>", "a b@c d", `${"x".repeat(300)}@example.by`]) {
      expect(parseRulesContact(wrong), wrong).toBeUndefined();
    }
  });
});
