import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eventTexts } from "./event-texts.ts";

/** As JSON has it: -0 is 0. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("the texts of a batch's events", () => {
  test("are what the client wrote, to the byte", () => {
    const text =
      ' { "sdk" : "a]\\"b" , "events" : [ {"n": 1.0, "n": 2} ,"x,]" , [1,[2]], 3e5 ,null] , "z":{"events":[9]} } ';
    expect(eventTexts(text)).toEqual(['{"n": 1.0, "n": 2}', '"x,]"', "[1,[2]]", "3e5", "null"]);
    expect(eventTexts("[ 1 , 2 ]")).toEqual(["1", "2"]);
    expect(eventTexts("[]")).toEqual([]);
  });

  test("are of the last field named events, as the parser has it, however the name is written", () => {
    expect(eventTexts('{"events":[1],"ev\\u0065nts":[2,3]}')).toEqual(["2", "3"]);
  });

  test("parse to the parsed events, for any JSON and any spacing", () => {
    const json = fc.jsonValue();
    fc.assert(
      fc.property(
        fc.array(json),
        fc.dictionary(fc.string(), json),
        fc.constantFrom(0, 1, 3),
        (events, rest, indent) => {
          const body = { ...rest, events };
          expect(eventTexts(JSON.stringify(body, undefined, indent)).map((text) => JSON.parse(text))).toEqual(
            plain(events),
          );
          expect(eventTexts(JSON.stringify(events, undefined, indent)).map((text) => JSON.parse(text))).toEqual(
            plain(events),
          );
        },
      ),
    );
  });

  test("are found in a body nested deeper than the stack", () => {
    const deep = `${"[".repeat(400_000)}${"]".repeat(400_000)}`;
    expect(eventTexts(`{"events":[1,${deep}]}`)).toEqual(["1", deep]);
  });
});
