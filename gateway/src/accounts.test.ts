import type { Account, AccountProfile } from "@thewatcher/contracts/api/session";
import type { AccountId, ProfileId } from "@thewatcher/contracts/ids";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isOpenFrom } from "./accounts.ts";

const profile = fc.record({ ageMark: fc.constantFrom(null, 0, 6, 12, 16, 18), hasPin: fc.boolean() });
const account = fc
  .record({ hasPassword: fc.constant(true), profiles: fc.array(profile, { minLength: 1, maxLength: 6 }) })
  .map(
    ({ hasPassword, profiles }): Account => ({
      accountId: "a" as AccountId,
      country: "BY",
      externalId: null,
      demo: false,
      hasPassword,
      role: "viewer",
      language: null,
      profiles: profiles.map((one, index) => ({
        ...one,
        ageMark: one.ageMark as AccountProfile["ageMark"],
        profileId: `p${index}` as ProfileId,
        accountId: "a" as AccountId,
        name: "n",
        country: "BY",
        externalId: null,
        language: null,
      })),
    }),
  );
const limitOf = ({ ageMark }: AccountProfile): number => ageMark ?? 18;

test("no way of free steps from a child's profile ends at one that sees more, nor at another's PIN", () => {
  fc.assert(
    fc.property(account, fc.nat(5), (whole, start) => {
      const first = whole.profiles[start % whole.profiles.length];
      if (!first || limitOf(first) >= 18) return;
      const reached = new Set([first]);
      for (const from of reached)
        for (const to of whole.profiles) if (isOpenFrom(whole, from.profileId, to)) reached.add(to);
      for (const one of reached) {
        expect(limitOf(one)).toBeLessThanOrEqual(limitOf(first));
        if (one !== first) expect(one.hasPin).toBe(false);
      }
    }),
  );
});

test("before the first choice every profile without a PIN is open, and no other", () => {
  fc.assert(
    fc.property(account, (whole) => {
      for (const one of whole.profiles) expect(isOpenFrom(whole, null, one)).toBe(!one.hasPin);
    }),
  );
});

test("an account without a password holds nobody in a child's profile: its owner could never get out", () => {
  fc.assert(
    fc.property(account, (whole) => {
      const demo = { ...whole, hasPassword: false };
      for (const from of demo.profiles)
        for (const to of demo.profiles) expect(isOpenFrom(demo, from.profileId, to)).toBe(from === to || !to.hasPin);
    }),
  );
});
