/**
 * Rules that mend dead letters: a closed language of four sentences, parsed into data.
 *
 *   type: clack -> click                   the value, where it is the first, becomes the second
 *   payload.titleId <- payload.filmId      the value moves, where there is one
 *   occurredAt = receivedAt                the value is set, here to when the letter's event arrived
 *   payload.stars = 4.5                    … or to a value of JSON; a plain word is text
 *   delete payload.foo
 *
 * A path is one field of the event or one within another (`payload.titleId`). Rules apply in their order; one that finds
 * nothing to do changes nothing. What comes out is judged like any event.
 */
import { UserError } from "@thewatcher/kit/user-error";
import { isObject } from "../judge.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type Path = readonly string[];
type Value = { readonly kind: "literal"; readonly value: Json } | { readonly kind: "receivedAt" };

export type MendRule =
  | { readonly kind: "replace"; readonly path: Path; readonly from: Json; readonly to: Json }
  | { readonly kind: "move"; readonly from: Path; readonly to: Path }
  | { readonly kind: "set"; readonly path: Path; readonly value: Value }
  | { readonly kind: "delete"; readonly path: Path };

/** A rule's text; a value of JSON in it is a title's id or a number of stars. */
const RULE_CHARS_MAX = 1_000;
const PATH_FIELDS_MAX = 4;
const ACCEPTED =
  "accepted are `path: value -> value`, `path <- path`, `path = value` and `delete path`, a value being JSON, a plain word, or (behind =) receivedAt";

const FIELD = /^[A-Za-z][A-Za-z0-9_]*$/;
const PATH = /^\s*([A-Za-z0-9_.]+)\s*/;
const WORD = /^[A-Za-z0-9_:.-]+$/;

export function parseMendRule(text: string): MendRule {
  const wrong = (place: number, what: string): UserError => {
    const shown = text.length > 100 ? `${text.slice(0, 99)}…` : text;
    return new UserError(`--mend '${shown}': character ${place + 1}: ${what}; ${ACCEPTED}`);
  };
  if (text.length > RULE_CHARS_MAX) throw wrong(RULE_CHARS_MAX, `a rule holds at most ${RULE_CHARS_MAX} characters`);

  const pathIn = (from: number): { readonly path: Path; readonly end: number } => {
    const match = PATH.exec(text.slice(from));
    const start = from + (/^\s*/.exec(text.slice(from))?.[0].length ?? 0);
    if (!match) throw wrong(start, "a path is expected");
    const path = match[1]!.split(".");
    const bad = path.find((field) => !FIELD.test(field));
    if (bad !== undefined) throw wrong(start, `${JSON.stringify(bad)} is no name of a field`);
    if (path.length > PATH_FIELDS_MAX) throw wrong(start, `a path has at most ${PATH_FIELDS_MAX} fields`);
    return { path, end: from + match[0].length };
  };
  const pathToEnd = (from: number): Path => {
    const { path, end } = pathIn(from);
    if (end < text.length) throw wrong(end, "nothing is expected behind the path");
    return path;
  };
  const valueIn = (from: number, to: number): Json => {
    const given = text.slice(from, to).trim();
    if (given === "") throw wrong(from, "a value is expected");
    try {
      return JSON.parse(given) as Json;
    } catch {
      if (WORD.test(given)) return given;
    }
    throw wrong(
      from + text.slice(from).search(/\S/),
      `${given} is neither JSON nor a plain word (quote it: ${JSON.stringify(given)})`,
    );
  };

  const deleted = /^\s*delete\s+(?![=<:])/.exec(text);
  if (deleted) return { kind: "delete", path: pathToEnd(deleted[0].length) };
  const { path, end } = pathIn(0);
  if (text.startsWith("<-", end)) return { kind: "move", to: path, from: pathToEnd(end + 2) };
  if (text[end] === "=") {
    const isArrival = text.slice(end + 1).trim() === "receivedAt";
    const value: Value = isArrival ? { kind: "receivedAt" } : { kind: "literal", value: valueIn(end + 1, text.length) };
    return { kind: "set", path, value };
  }
  if (text[end] === ":") {
    const arrow = arrowBehind(text, end + 1);
    if (arrow === undefined) throw wrong(text.length, "`->` is expected");
    return { kind: "replace", path, from: valueIn(end + 1, arrow), to: valueIn(arrow + 2, text.length) };
  }
  throw wrong(end, "`:`, `<-` or `=` is expected");
}

/** The first arrow that does not stand in a string of JSON. */
function arrowBehind(text: string, from: number): number | undefined {
  let inString = false;
  for (let i = from; i < text.length; i++) {
    if (inString && text[i] === "\\") i++;
    else if (text[i] === '"') inString = !inString;
    else if (!inString && text.startsWith("->", i)) return i;
  }
  return undefined;
}

/** `raw` mended; itself where no rule found anything to do. */
export function mend(raw: unknown, rules: readonly MendRule[], receivedAt: string): unknown {
  return rules.reduce((event, rule) => apply(event, rule, receivedAt), raw);
}

function apply(event: unknown, rule: MendRule, receivedAt: string): unknown {
  switch (rule.kind) {
    case "replace": {
      const found = valueAt(event, rule.path);
      return found.kind === "value" && isSame(found.value, rule.from) ? withValue(event, rule.path, rule.to) : event;
    }
    case "move": {
      const found = valueAt(event, rule.from);
      return found.kind === "value" ? withValue(without(event, rule.from), rule.to, found.value) : event;
    }
    case "set":
      return withValue(event, rule.path, rule.value.kind === "receivedAt" ? receivedAt : rule.value.value);
    case "delete":
      return without(event, rule.path);
  }
}

function valueAt(
  within: unknown,
  path: Path,
): { readonly kind: "value"; readonly value: unknown } | { readonly kind: "none" } {
  let value = within;
  for (const field of path) {
    if (!isObject(value) || !Object.hasOwn(value, field)) return { kind: "none" };
    value = value[field];
  }
  return { kind: "value", value };
}

/** Objects that are missing on the way are made; what is no object stays, and the value is not set. */
function withValue(within: unknown, [field, ...rest]: Path, value: unknown): unknown {
  if (field === undefined) return value;
  const object = within === undefined ? {} : within;
  if (!isObject(object)) return within;
  const held = Object.hasOwn(object, field) ? object[field] : undefined;
  return { ...object, [field]: withValue(held, rest, value) };
}

function without(within: unknown, [field, ...rest]: Path): unknown {
  if (field === undefined || !isObject(within) || !Object.hasOwn(within, field)) return within;
  if (rest.length > 0) return { ...within, [field]: without(within[field], rest) };
  return Object.fromEntries(Object.entries(within).filter(([name]) => name !== field));
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
