import { AuditDetails, AuditPage, DryRunReport, RuleSetsPage, RuleSetView } from "@thewatcher/contracts/api/control";
import { Role } from "@thewatcher/contracts/identity";
import { Problem } from "@thewatcher/contracts/problems";
import { parseRuleSet } from "@thewatcher/contracts/rules";
import type { Database } from "@thewatcher/stores/database/port";
import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { roles } from "./app.ts";
import { DRY_RUN_MS_MAX } from "./dry-run.ts";
import { DRAFTS_MAX } from "./rule-sets.ts";
import { aPage, createTestApi, openTestDatabase, pagesOf, START, seedProfiles } from "./testing.ts";

let database: Database;
let dispose: () => Promise<void>;
let api: ReturnType<typeof createTestApi>;
beforeAll(async () => {
  ({ database, dispose } = await openTestDatabase());
  await seedProfiles(
    database,
    Array.from({ length: 45 }, (_, index) => `p-${index}`),
  );
  api = createTestApi(database);
});
afterAll(() => dispose());

const base = "/api/v1/control";
const drama = {
  rules: [
    { ruleId: "less-drama", name: "Less drama", match: { genre: ["Drama"] }, effect: { kind: "bury", factor: 0.5 } },
  ],
};
const stored = (document: unknown) => {
  const parsed = parseRuleSet(document);
  if (parsed.kind === "invalid") throw new Error(JSON.stringify(parsed.errors));
  return parsed.ruleSet;
};
async function draft(document: unknown = drama, note = "why") {
  const answer = await api.call("product", "POST", `${base}/rules`, { body: { document, note } });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return RuleSetView.parse(answer.body);
}
const published = async () => RuleSetsPage.parse((await api.call("analyst", "GET", `${base}/rules`)).body).published;
async function publish(version: number) {
  return api.call("product", "POST", `${base}/rules/${version}/publish`, {
    ifMatch: '"1"',
    body: { replaces: await published() },
  });
}
const trail = async (subject?: string) =>
  AuditPage.parse(
    (await api.call("operator", "GET", `${base}/audit?limit=100${subject ? `&subject=${subject}` : ""}`)).body,
  ).entries;

describe("who may", () => {
  /** A request to each route that gets as far as its handler. */
  const requests: Readonly<Record<keyof typeof roles, readonly [string, string]>> = {
    listRuleSets: ["GET", "/rules"],
    readRuleSet: ["GET", "/rules/999999"],
    createRuleSet: ["POST", "/rules"],
    replaceRuleSet: ["PUT", "/rules/999999"],
    discardRuleSet: ["DELETE", "/rules/999999"],
    dryRunRules: ["POST", "/dry-run"],
    publishRuleSet: ["POST", "/rules/999999/publish"],
    rollBackRuleSet: ["POST", "/rules/999999/rollback"],
    readAuditTrail: ["GET", "/audit"],
    readAuditEntry: ["GET", "/audit/999999"],
    readPublishedRules: ["GET", "/internal/rules"],
  };
  const may: Readonly<Record<keyof typeof roles, string>> = {
    listRuleSets: "analyst product editor operator",
    readRuleSet: "analyst product editor operator",
    createRuleSet: "product editor operator",
    replaceRuleSet: "product editor operator",
    discardRuleSet: "product editor operator",
    dryRunRules: "product editor operator",
    publishRuleSet: "product operator",
    rollBackRuleSet: "product operator",
    readAuditTrail: "analyst product editor operator",
    readAuditEntry: "analyst product editor operator",
    readPublishedRules: "service",
  };

  test.each(Object.entries(requests))("%s: whom the table names, and nobody else", async (name, [method, path]) => {
    const target = path.startsWith("/internal") ? path : base + path;
    const body = method === "POST" || method === "PUT" ? { body: {} } : {};
    for (const role of [undefined, ...Role.options] as const) {
      const { status } = await api.call(role, method, target, body);
      if (role === undefined) expect(status, `nobody ${name}`).toBe(401);
      else if (may[name as keyof typeof roles].split(" ").includes(role)) {
        expect([200, 304, 400, 404], `${role} ${name}`).toContain(status);
      } else expect(status, `${role} ${name}`).toBe(403);
    }
  });

  test("whatever was refused left no trace", async () => {
    expect(await trail()).toEqual([]);
    expect((await api.call("analyst", "GET", `${base}/rules`)).body).toEqual({
      published: null,
      versions: [],
      next: null,
    });
  });
});

describe("a rule set", () => {
  test("is drafted, changed, published, replaced by another and rolled back to; every step is told once", async () => {
    const first = await draft();
    expect(first).toMatchObject({
      status: "draft",
      revision: 1,
      note: "why",
      ruleCount: 1,
      createdBy: "account-product",
    });
    expect(first.document).toEqual(stored(drama));
    const changed = await api.call("editor", "PUT", `${base}/rules/${first.version}`, {
      ifMatch: '"1"',
      body: { document: { rules: [] }, note: "less" },
    });
    expect([changed.status, changed.etag]).toEqual([200, '"2"']);
    await api.clock.advance(60_000);
    const out = await api.call("operator", "POST", `${base}/rules/${first.version}/publish`, {
      ifMatch: '"2"',
      body: { replaces: null },
    });
    expect(out.body).toMatchObject({
      status: "published",
      publishedAt: new Date(START + 60_000).toISOString(),
      publishedBy: "account-operator",
      document: { rules: [] },
    });
    const second = await draft();
    expect((await publish(second.version)).status).toBe(200);
    expect((await api.call("analyst", "GET", `${base}/rules/${first.version}`)).body).toMatchObject({
      status: "retired",
    });
    expect(await published()).toBe(second.version);
    const back = await api.call("product", "POST", `${base}/rules/${first.version}/rollback`, {
      body: { replaces: second.version },
    });
    expect([back.status, back.body.status]).toEqual([200, "published"]);
    expect(await published()).toBe(first.version);

    const steps = (await trail()).toReversed().map(({ action, subject, who, role }) => [action, subject, who, role]);
    const one = `rules/${first.version}`;
    const two = `rules/${second.version}`;
    expect(steps).toEqual([
      ["rules.create", one, "account-product", "product"],
      ["rules.replace", one, "account-editor", "editor"],
      ["rules.publish", one, "account-operator", "operator"],
      ["rules.create", two, "account-product", "product"],
      ["rules.publish", two, "account-product", "product"],
      ["rules.rollback", one, "account-product", "product"],
    ]);
    const [last] = await trail(one);
    const details = AuditDetails.parse((await api.call("analyst", "GET", `${base}/audit/${last?.entryId}`)).body);
    expect(details).toMatchObject({
      requestId: "request-0001",
      before: { status: "retired", document: { rules: [] } },
      after: { status: "published", replaces: second.version },
    });
  });

  test("that was published stays as it is, also for who asks the database", async () => {
    const version = await published();
    const one = `${base}/rules/${version}`;
    const { etag } = await api.call("product", "GET", one);
    const ifMatch = etag ?? "";
    expect((await api.call("product", "PUT", one, { ifMatch, body: { document: drama } })).status).toBe(409);
    expect((await api.call("product", "DELETE", one, { ifMatch })).status).toBe(409);
    expect((await api.call("product", "POST", `${one}/publish`, { ifMatch, body: { replaces: version } })).status).toBe(
      409,
    );
    expect((await api.call("product", "POST", `${one}/rollback`, { body: { replaces: version } })).status).toBe(409);
    const { kysely } = database;
    await expect(sql`UPDATE rule_sets SET note = 'x' WHERE version = ${version}`.execute(kysely)).rejects.toThrow(
      /stays/,
    );
    await expect(sql`DELETE FROM rule_sets WHERE version = ${version}`.execute(kysely)).rejects.toThrow(/stays/);
    for (const statement of ["UPDATE audit_trail SET who = 'x'", "DELETE FROM audit_trail", "TRUNCATE audit_trail"])
      await expect(sql.raw(statement).execute(kysely), statement).rejects.toThrow(/only grows/);
  });

  test("is not changed by who saw another revision, nor published by who saw another version published", async () => {
    const { version } = await draft();
    const one = `${base}/rules/${version}`;
    const before = await trail();
    for (const ifMatch of ['"2"', '"7"']) {
      expect((await api.call("product", "PUT", one, { ifMatch, body: { document: drama } })).status).toBe(412);
      expect((await api.call("product", "DELETE", one, { ifMatch })).status).toBe(412);
      expect((await api.call("product", "POST", `${one}/publish`, { ifMatch, body: { replaces: null } })).status).toBe(
        412,
      );
    }
    for (const ifMatch of [undefined, "1", "*", '"x"', '"0"', '"99999999999"'])
      expect(
        (
          await api.call("product", "PUT", one, {
            ...(ifMatch === undefined ? {} : { ifMatch }),
            body: { document: drama },
          })
        ).status,
        ifMatch,
      ).toBe(400);
    const other = await api.call("product", "POST", `${one}/publish`, { ifMatch: '"1"', body: { replaces: 999 } });
    expect([other.status, other.body.detail]).toEqual([
      412,
      `Version ${await published()} is published now: look at it first.`,
    ]);
    expect(await trail()).toEqual(before);
    expect((await api.call("product", "DELETE", one, { ifMatch: '"1"' })).status).toBe(204);
    expect((await api.call("product", "GET", one)).status).toBe(404);
    expect((await trail())[0]).toMatchObject({ action: "rules.discard", subject: `rules/${version}` });
  });

  test("of two who publish at once one is published, and the other is told", async () => {
    const [a, b] = [await draft(), await draft()];
    const replaces = await published();
    const answers = await Promise.all(
      [a, b].map(({ version }) =>
        api.call("product", "POST", `${base}/rules/${version}/publish`, { ifMatch: '"1"', body: { replaces } }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  test("where the entry of the trail can't be written, nothing is", async () => {
    const failing: Database = {
      ...database,
      kysely: database.kysely,
      transaction: (work) =>
        database.transaction(async (transaction) => {
          const answer = await work(transaction);
          throw new Error(`the connection is lost behind ${JSON.stringify(answer).length} bytes`);
        }),
    };
    const before = await Promise.all([trail(), api.call("analyst", "GET", `${base}/rules`)]);
    const broken = createTestApi(failing);
    expect((await broken.call("product", "POST", `${base}/rules`, { body: { document: drama } })).status).toBe(500);
    expect(await Promise.all([trail(), api.call("analyst", "GET", `${base}/rules`)])).toEqual(before);
  });

  test("is listed a page at a time, the last first, drafts within their limit", async () => {
    let made = 0;
    for (;;) {
      const { status } = await api.call("editor", "POST", `${base}/rules`, { body: { document: { rules: [] } } });
      if (status === 409) break;
      expect(status).toBe(201);
      expect(++made).toBeLessThanOrEqual(DRAFTS_MAX);
    }
    const all: number[] = [];
    let before: number | null | undefined;
    while (before !== null) {
      const path = `${base}/rules${before === undefined ? "" : `?before=${before}`}`;
      const page = RuleSetsPage.parse((await api.call("analyst", "GET", path)).body);
      all.push(...page.versions.map(({ version }) => version));
      before = page.next;
    }
    expect(all).toEqual([...new Set(all)].sort((a, b) => b - a));
    expect(all.length).toBeGreaterThan(DRAFTS_MAX);
    for (const version of all) {
      const one = await api.call("editor", "GET", `${base}/rules/${version}`);
      if (one.body.status === "draft")
        await api.call("editor", "DELETE", `${base}/rules/${version}`, { ifMatch: one.etag ?? "" });
    }
    const pages: number[][] = [];
    for (let next: number | null = Number.MAX_SAFE_INTEGER; next !== null; ) {
      const page: AuditPage = AuditPage.parse(
        (await api.call("operator", "GET", `${base}/audit?limit=7&before=${next}`)).body,
      );
      pages.push(page.entries.map(({ entryId }) => entryId));
      next = page.next;
    }
    const entries = await database.kysely
      .selectFrom("audit_trail")
      .select("entry_id")
      .orderBy("entry_id", "desc")
      .execute();
    expect(pages.flat()).toEqual(entries.map(({ entry_id }) => Number(entry_id)));
    expect(Math.max(...pages.map((page) => page.length))).toBe(7);
  });
});

describe("what is refused", () => {
  test.each<[string, unknown, string]>([
    [
      "an unknown effect",
      { rules: [{ ...drama.rules[0], effect: { kind: "explode" } }] },
      "document.rules.0.effect.kind",
    ],
    [
      "a factor out of bounds",
      { rules: [{ ...drama.rules[0], effect: { kind: "boost", factor: 99 } }] },
      "document.rules.0.effect.factor",
    ],
    ["a text that no database holds", { rules: [{ ...drama.rules[0], name: "a\0b" }] }, "document.rules.0.name"],
    ["half a character", { rules: [{ ...drama.rules[0], name: "\ud83d" }] }, "document.rules.0.name"],
    ["no document at all", null, "document"],
  ])("%s, with where, what and what is accepted", async (_, document, path) => {
    for (const [method, target] of [
      ["POST", "/rules"],
      ["POST", "/dry-run"],
    ] as const) {
      const answer = await api.call("product", method, base + target, { body: { document } });
      expect(answer.status).toBe(400);
      const [error] = Problem.parse(answer.body).errors ?? [];
      expect(error?.path).toBe(path);
      expect(error?.message).toMatch(/; accepted: /);
    }
  });

  test("a body that is no JSON, has more than is known, or is too large", async () => {
    const post = async (body: unknown) => (await api.call("product", "POST", `${base}/rules`, { body })).status;
    expect(await post("{")).toBe(400);
    expect(await post({ document: drama, extra: 1 })).toBe(400);
    expect(await post({ document: drama, note: "x".repeat(1_001) })).toBe(400);
    expect(await post({ document: drama, note: "\0" })).toBe(400);
    expect(await post({ document: drama, note: "x".repeat(1_100_000) })).toBe(413);
    expect((await api.call("product", "GET", `${base}/rules/x`)).status).toBe(400);
    expect((await api.call("product", "GET", `${base}/audit?limit=101`)).status).toBe(400);
  });
});

test("whatever document comes, it is published as it was drafted, or refused with reasons; nothing breaks", async () => {
  const text = fc.string({ maxLength: 12, unit: "binary" });
  const rule = fc.record(
    {
      ruleId: fc.oneof(fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/), text),
      name: fc.oneof(
        { weight: 4, arbitrary: fc.string({ minLength: 1, maxLength: 20 }) },
        { weight: 1, arbitrary: text },
      ),
      enabled: fc.boolean(),
      when: fc.oneof(fc.constant({}), fc.constant({ countries: ["BY"] }), fc.jsonValue()),
      match: fc.oneof(
        fc.record({ genre: fc.array(text, { minLength: 1, maxLength: 3 }) }),
        fc.record({ not: fc.record({ year: fc.record({ from: fc.integer({ min: 1900, max: 2020 }) }) }) }),
        fc.jsonValue(),
      ),
      effect: fc.oneof(
        fc.record({ kind: fc.constant("boost"), factor: fc.double({ min: 1, max: 10, noNaN: true }) }),
        fc.constant({ kind: "filter" }),
        fc.constant({ kind: "cap", perRow: 2 }),
        fc.jsonValue(),
      ),
    },
    { requiredKeys: ["ruleId", "name", "match", "effect"] },
  );
  const document = fc.oneof(
    { weight: 4, arbitrary: fc.record({ rules: fc.array(rule, { maxLength: 4 }) }) },
    { weight: 1, arbitrary: fc.jsonValue() },
  );
  const counts = { published: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(document, async (given) => {
      const entries = (await trail()).length;
      const created = await api.call("operator", "POST", `${base}/rules`, { body: { document: given } });
      if (created.status === 400) {
        counts.refused++;
        expect(Problem.parse(created.body).errors?.length).toBeGreaterThan(0);
        return;
      }
      expect(created.status).toBe(201);
      counts.published++;
      expect((await publish(created.body.version)).status).toBe(200);
      const read = await api.call("service", "GET", "/internal/rules");
      expect(read.body).toEqual({ version: created.body.version, document: created.body.document });
      // What serving reads is what was meant, and the same once more.
      expect(stored(read.body.document)).toEqual(read.body.document);
      expect(read.body.document).toEqual(JSON.parse(JSON.stringify(stored(given))));
      if (entries < 98) expect((await trail()).length).toBe(entries + 2);
    }),
    { numRuns: 40, seed: 7 },
  );
  expect(counts.published).toBeGreaterThan(3);
  expect(counts.refused).toBeGreaterThan(3);
}, 120_000);

test("serving is told what is published, once for each version", async () => {
  const { version } = await draft();
  await publish(version);
  const first = await api.call("service", "GET", "/internal/rules");
  expect([first.status, first.etag]).toEqual([200, `"${version}"`]);
  const headers = { "if-none-match": first.etag ?? "" };
  expect((await api.call("service", "GET", "/internal/rules", { headers })).status).toBe(304);
  await publish((await draft()).version);
  expect((await api.call("service", "GET", "/internal/rules", { headers })).status).toBe(200);
});

describe("a dry run", () => {
  const request = (extra: object = {}) => ({ body: { document: drama, ...extra } });

  test("asks serving for the pages of each sampled profile once, the same ones for a seed, and writes nothing", async () => {
    const asked: string[][] = [];
    const dry = createTestApi(database, async ({ profileIds, ruleSets }) => {
      expect(ruleSets).toHaveLength(2);
      expect(ruleSets[1]).toEqual(stored(drama));
      asked.push(profileIds);
      return pagesOf(
        2,
        profileIds.map((id) => [id, [aPage({ top: [0, 1] }), aPage({ top: [1, 0] })]] as const),
      );
    });
    const before = (await trail()).length;
    const report = DryRunReport.parse(
      (await dry.call("editor", "POST", `${base}/dry-run`, request({ profiles: 30 }))).body,
    );
    expect(report).toMatchObject({ profilesAsked: 30, profiles: 30, cutShort: false, changedShare: 1, seed: 1 });
    expect(report.published).toBe(await published());
    // 30 pages: from the second place to the first.
    expect(report.gaining).toEqual([
      { titleId: "t1", name: "Title 1", before: expect.closeTo(30 / Math.sqrt(2), 9), after: 30 },
    ]);
    const first = asked.splice(0).flat();
    expect(new Set(first).size).toBe(30);
    await dry.call("editor", "POST", `${base}/dry-run`, request({ profiles: 30 }));
    expect(asked.splice(0).flat()).toEqual(first);
    await dry.call("editor", "POST", `${base}/dry-run`, request({ profiles: 30, seed: 2 }));
    expect(asked.splice(0).flat()).not.toEqual(first);
    // Fewer where there are fewer.
    const all = DryRunReport.parse((await dry.call("editor", "POST", `${base}/dry-run`, request())).body);
    expect(all).toMatchObject({ profilesAsked: 1_000, profiles: 45 });
    expect((await trail()).length).toBe(before);
  });

  test("ends when its time is over, and says so", async () => {
    const slow = createTestApi(database, async ({ profileIds }) => {
      await slow.clock.advance(DRY_RUN_MS_MAX);
      return pagesOf(
        1,
        profileIds.map((id) => [id, [aPage({ top: [0] }), aPage({ top: [0] })]] as const),
      );
    });
    const report = (await slow.call("editor", "POST", `${base}/dry-run`, request())).body;
    // Two requests of 10 were under way.
    expect(report).toMatchObject({ profiles: 20, cutShort: true });
  });

  test("is an unavailable part where serving is away, and one too many while two are under way", async () => {
    const away = createTestApi(database, async () => {
      throw new Error("connect ECONNREFUSED 10.0.0.7:9000");
    });
    const refused = await away.call("editor", "POST", `${base}/dry-run`, request());
    expect(refused.status).toBe(503);
    expect(JSON.stringify(refused.body)).not.toContain("10.0.0.7");
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let underWay = 0;
    const busy = createTestApi(database, async () => {
      underWay++;
      await released;
      return { titles: [], pages: [] };
    });
    const ask = () => busy.call("editor", "POST", `${base}/dry-run`, request());
    const two = [ask(), ask()];
    await expect.poll(() => underWay, { timeout: 20_000 }).toBeGreaterThanOrEqual(4);
    expect((await ask()).status).toBe(429);
    release();
    expect((await Promise.all(two)).map(({ status }) => status)).toEqual([200, 200]);
  });
});
