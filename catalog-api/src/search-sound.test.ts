import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { consonantsOf, soundsOf } from "./search-sound.ts";

const key = (text: string) => soundsOf(text).join(" ");

describe("the key of a sound", () => {
  test.each([
    // BGN/PCGN, passports, ISO 9 without marks, and what chats write.
    ["зелёная миля", ["zelenaya milya", "zelenaja milja", "zeljonaia milia"]],
    ["бойцовский клуб", ["boytsovskiy klub", "boitsovskii klub", "bojcovskij klub"]],
    ["человек паук", ["chelovek pauk", "4elovek pauk"]],
    ["хищник", ["khishchnik", "hischnik", "xischnik"]],
    ["шестое чувство", ["shestoe chuvstvo", "6estoe 4uvstvo"]],
    ["пятый элемент", ["pyatyi element", "piatyj element", "pyatyy element"]],
    ["властелин колец", ["vlastelin kolets", "vlastelin kolec"]],
    ["железный", ["zheleznyy", "zheleznyj"]],
    ["джуно", ["dzhuno", "djuno"]],
    ["щелкунчик", ["shchelkunchik", "schelkunchik"]],
  ])("of %s is that of each of its romanisations", (text, romanised) => {
    for (const one of romanised) expect(soundsOf(one, "romanised").join(" "), one).toBe(key(text));
  });

  test.each([
    ["Matrix", "матрикс"],
    ["Inception", "инсепшн"],
    ["Sin City", "син сити"],
    ["Toy Story", "той стори"],
    ["Kill Bill", "кил бил"],
    ["Chicago", "чикаго"],
    ["Joker", "джокер"],
    ["Schindler", "шиндлер"],
    ["Queen", "квин"],
  ])("of %s in English spelling is that of %s", (english, cyrillic) => {
    expect(key(english)).toBe(key(cyrillic));
  });

  test("Belarusian and Russian of one name are alike; ё is е, ў is у, an apostrophe is nothing", () => {
    expect(key("сям'я")).toBe(key("сямья"));
    expect(key("Тёмный")).toBe(key("темный"));
    expect(key("байцоўскі")).toBe(key("байцоуски"));
  });

  test("is nothing but small Latin letters and digits, for any text of both alphabets", () => {
    const text = fc.string({ unit: fc.constantFrom(..."абёйщъьэюяґіўabcdhjkqstwxyzé'-4 7"), maxLength: 40 });
    fc.assert(
      fc.property(text, fc.constantFrom("english" as const, "romanised" as const), (given, spelling) => {
        for (const sound of soundsOf(given, spelling)) expect(sound).toMatch(/^[a-z0-9]+$/);
        for (const consonants of consonantsOf(given)) expect(consonants).toMatch(/^[bcdfgjklmnpqrstvw0-9]+$/);
      }),
    );
  });
});

test.each([
  ["The Lord of the Rings", "лорд оф зе рингс"],
  ["Back to the Future", "бэк то зе футур"],
  ["Dark Knight", "дарк найт"],
  ["Catch Me if You Can", "кэтч ми иф ю кэн"],
  ["Cast Away", "каст эвей"],
  ["Blade Runner", "блейд раннер"],
])("consonants of %s are those of %s", (english, heard) => {
  expect(consonantsOf(english)).toEqual(consonantsOf(heard));
});
