import { expect, test } from "vitest";
import { isCommonPassword, requireGoodPassword } from "./new-password.ts";

test.each([
  "password",
  "Password1",
  "PASSWORD123!",
  "12345678",
  "87654321",
  "1234567890",
  "qwertyuiop",
  "йцукенгш",
  "Gfhjkm123",
  "aaaaaaaa",
  "abababab",
  "abcdefgh",
  "ｐａｓｓｗｏｒｄ",
])("%s is tried first", (password) => {
  expect(isCommonPassword(password)).toBe(true);
});

test.each(["correct horse", "пасс и ворд", "password of mine", "k8#vQ!2m", "watcher on the wall"])(
  "%s is not",
  (password) => {
    expect(isCommonPassword(password)).toBe(false);
    expect(() => requireGoodPassword(password, "person@example.org")).not.toThrow();
  },
);

test("one's own address is no password, whole or its first part", () => {
  for (const password of ["long.person@example.org", "Long.Person"])
    expect(() => requireGoodPassword(password, "long.person@example.org")).toThrow(/it is the e-mail/);
});
