/**
 * Reads a file of titles, CSV or JSON, into rows that name what they change. Pure: text in, rows and refusals out.
 *
 * JSON: `{ "titles": […], "people": […], "collections": […], "genreNames": {…} }`, each part optional, or an array of
 * titles; a title is any part of a `TitleDocument` beside its id. CSV (RFC 4180, comma, UTF-8) with a header: the columns
 * of `COLUMNS`, lists with `|` between, texts as `name.ru`, `plot.be`; an empty cell says nothing. Rights, people and
 * seasons have no columns: they need JSON. What a row does not name stays as it is.
 */
import { NameTexts } from "@thewatcher/contracts/api/catalogue";
import { CollectionDocument, TitlePatch } from "@thewatcher/contracts/api/editor";
import { PersonId, TitleId } from "@thewatcher/contracts/ids";
import { LOCALES, type Texts } from "@thewatcher/contracts/locales";
import { issuesOf } from "@thewatcher/kit/http";
import { UserError } from "@thewatcher/kit/user-error";
import { z } from "zod";
import type { Person } from "./documents.ts";

/** 100,000 titles with plots in three languages are about 150 MB of JSON; above that, cut the file. */
export const CATALOGUE_FILE_BYTES_MAX = 268_435_456;
const TITLES_MAX = 200_000;
const PEOPLE_MAX = 500_000;

const TEXT_COLUMNS = ["kind", "name", "originalName", "plot", "source", "addedAt"];
const NUMBER_COLUMNS = ["year", "ageMark", "runtimeMinutes", "referenceRuntimeMinutes", "score", "scoreVotes"];
const LIST_COLUMNS = ["genres", "countries", "directors"];
const LOCALE_COLUMNS = LOCALES.flatMap((locale) => [`name.${locale}`, `plot.${locale}`]);
export const COLUMNS = ["titleId", ...TEXT_COLUMNS, ...NUMBER_COLUMNS, ...LIST_COLUMNS, ...LOCALE_COLUMNS];
const LIST_SEPARATOR = "|";

export interface FileTitle {
  /** `line 7` or `titles[6]`. */
  readonly place: string;
  readonly titleId: TitleId;
  readonly patch: TitlePatch;
  /** Beside those that the title has: the columns of a CSV name one language each. */
  readonly addedNames: Texts;
  readonly addedPlots: Texts;
}

export interface Refusal {
  readonly place: string;
  readonly reason: string;
}

export interface CatalogueFile {
  readonly titles: readonly FileTitle[];
  readonly people: readonly Person[];
  readonly collections: readonly CollectionDocument[];
  readonly genreNames: Readonly<Record<string, Texts>>;
  readonly refused: readonly Refusal[];
}

const PersonRow = z.strictObject({
  personId: PersonId,
  name: z.string().min(1).max(200),
  names: NameTexts.default({}),
});

export function readCatalogueFile(name: string, text: string): CatalogueFile {
  const plain = text.startsWith("\ufeff") ? text.slice(1) : text;
  if (/\.json$/i.test(name)) return readJsonFile(name, plain);
  if (/\.csv$/i.test(name)) return readCsvFile(name, plain);
  throw new UserError(`${name}: the name must end in .json or .csv`);
}

/** What is wrong with a row, on one line. */
export const reasonOf = (issues: readonly { readonly path: string; readonly message: string }[]): string =>
  issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");

/** Keeps the good, names the others. */
function collect(refused: Refusal[]) {
  return function parse<Schema extends z.ZodType>(
    schema: Schema,
    value: unknown,
    place: string,
  ): z.output<Schema> | undefined {
    const parsed = schema.safeParse(value);
    if (parsed.success) {
      // PostgreSQL's text holds no NUL.
      if (!JSON.stringify(value).includes("\\u0000")) return parsed.data;
      refused.push({ place, reason: "a text holds the character U+0000" });
      return undefined;
    }
    refused.push({ place, reason: reasonOf(issuesOf(parsed.error)) });
    return undefined;
  };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === "object" && !Array.isArray(value);

function readJsonFile(name: string, text: string): CatalogueFile {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${name}: not JSON (${(cause as Error).message})`, { cause });
  }
  const whole = Array.isArray(root) ? { titles: root } : root;
  const accepted = ["titles", "people", "collections", "genreNames"];
  if (!isObject(whole)) throw new UserError(`${name}: an array of titles, or an object of ${accepted.join(", ")}`);
  const unknown = Object.keys(whole).find((key) => !accepted.includes(key));
  if (unknown !== undefined)
    throw new UserError(`${name}: ${JSON.stringify(unknown)} is none of ${accepted.join(", ")}`);
  const listOf = (key: string, countMax: number): readonly unknown[] => {
    const list = whole[key] ?? [];
    if (!Array.isArray(list)) throw new UserError(`${name}: ${key} is not an array`);
    if (list.length > countMax) throw new UserError(`${name}: ${key} holds ${list.length}, at most ${countMax}`);
    return list;
  };
  const refused: Refusal[] = [];
  const parse = collect(refused);
  const titles = listOf("titles", TITLES_MAX).flatMap((row, index) => {
    const place = `titles[${index}]`;
    if (!isObject(row)) {
      refused.push({ place, reason: "not an object" });
      return [];
    }
    return titleOf(row, {}, {}, place, refused, parse);
  });
  const people = listOf("people", PEOPLE_MAX).flatMap((row, index) => parse(PersonRow, row, `people[${index}]`) ?? []);
  const collections = listOf("collections", TITLES_MAX).flatMap(
    (row, index) => parse(CollectionDocument, row, `collections[${index}]`) ?? [],
  );
  const genreNames = Object.entries(isObject(whole.genreNames) ? whole.genreNames : {}).flatMap(([genre, names]) => {
    const texts = parse(NameTexts, names, `genreNames.${genre}`);
    return texts ? [[genre, texts] as const] : [];
  });
  return {
    titles: onlyOnce(titles, refused),
    people,
    collections,
    genreNames: Object.fromEntries(genreNames),
    refused,
  };
}

function titleOf(
  row: Readonly<Record<string, unknown>>,
  addedNames: Texts,
  addedPlots: Texts,
  place: string,
  refused: Refusal[],
  parse: ReturnType<typeof collect>,
): FileTitle[] {
  const { titleId: id, ...fields } = row;
  const titleId = parse(TitleId, id, `${place}, titleId`);
  if (titleId === undefined) return [];
  const patch = Object.keys(fields).length === 0 ? {} : parse(TitlePatch, fields, `${place} (${titleId})`);
  if (patch === undefined) return [];
  if (Object.keys({ ...patch, ...addedNames, ...addedPlots }).length === 0) {
    refused.push({ place, reason: "names no field beside titleId" });
    return [];
  }
  return [{ place, titleId, patch, addedNames, addedPlots }];
}

/** Which of two rows counts would depend on their order. */
function onlyOnce(titles: readonly FileTitle[], refused: Refusal[]): FileTitle[] {
  const first = new Map<string, string>();
  return titles.filter(({ titleId, place }) => {
    const earlier = first.get(titleId);
    if (earlier === undefined) {
      first.set(titleId, place);
      return true;
    }
    refused.push({ place, reason: `${titleId} is named before, at ${earlier}` });
    return false;
  });
}

function readCsvFile(name: string, text: string): CatalogueFile {
  const lines = readCsv(name, text);
  const header = lines.shift();
  if (!header) throw new UserError(`${name}: the file is empty: a header with ${COLUMNS.join(", ")} comes first`);
  const unknown = header.cells.find((column) => !COLUMNS.includes(column));
  if (unknown !== undefined)
    throw new UserError(`${name}:1: the column ${JSON.stringify(unknown)} is none of ${COLUMNS.join(", ")}`);
  const twice = header.cells.find((column, place) => header.cells.indexOf(column) !== place);
  if (twice !== undefined) throw new UserError(`${name}:1: the column ${twice} stands twice`);
  if (!header.cells.includes("titleId")) throw new UserError(`${name}:1: the column titleId is missing`);
  if (lines.length > TITLES_MAX) throw new UserError(`${name}: ${lines.length} rows, at most ${TITLES_MAX}`);
  const refused: Refusal[] = [];
  const parse = collect(refused);
  const titles = lines.flatMap(({ line, cells }) => {
    const place = `line ${line}`;
    if (cells.length !== header.cells.length) {
      refused.push({
        place,
        reason: `${header.cells.length} cells expected, as the header has, ${cells.length} found`,
      });
      return [];
    }
    const row: Record<string, unknown> = {};
    const names: { -readonly [Locale in keyof Texts]: Texts[Locale] } = {};
    const plots: typeof names = {};
    for (const [index, column] of header.cells.entries()) {
      const cell = cells[index] ?? "";
      if (cell === "") continue;
      const [kind, locale] = column.split(".") as [string, keyof Texts | undefined];
      if (locale !== undefined) (kind === "name" ? names : plots)[locale] = cell;
      else if (NUMBER_COLUMNS.includes(column)) row[column] = /^\d+(?:\.\d+)?$/.test(cell) ? Number(cell) : cell;
      else if (LIST_COLUMNS.includes(column))
        row[column] = cell
          .split(LIST_SEPARATOR)
          .map((item) => item.trim())
          .filter((item) => item !== "");
      else row[column] = cell;
    }
    // The bounds of texts are the document's; they are said of the cell here.
    const texts = parse(z.object({ name: TextCells, plot: TextCells }), { name: names, plot: plots }, place);
    return texts === undefined ? [] : titleOf(row, names, plots, place, refused, parse);
  });
  return { titles: onlyOnce(titles, refused), people: [], collections: [], genreNames: {}, refused };
}

const TextCells = z.partialRecord(z.enum(LOCALES), z.string().max(2_000));

interface CsvLine {
  /** 1-based, of its first character. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** RFC 4180. Empty lines are passed over. */
export function readCsv(name: string, text: string): CsvLine[] {
  const rows: CsvLine[] = [];
  let cells: string[] = [];
  let line = 1;
  let startLine = 1;
  let at = 0;
  const endRow = () => {
    if (cells.length > 1 || cells[0] !== "") rows.push({ line: startLine, cells });
    cells = [];
    startLine = line;
  };
  while (at < text.length) {
    if (text[at] === '"') {
      let cell = "";
      for (;;) {
        const end = text.indexOf('"', at + 1);
        if (end < 0) throw new UserError(`${name}:${startLine}: a quote is opened and never closed`);
        const part = text.slice(at + 1, end);
        cell += part;
        line += part.split("\n").length - 1;
        at = end + 1;
        if (text[at] !== '"') break;
        cell += '"';
      }
      cells.push(cell);
      if (at < text.length && !/[,\r\n]/.test(text[at]!))
        throw new UserError(`${name}:${line}: behind a closed quote a comma or the end of the line is expected`);
    } else {
      let end = at;
      while (end < text.length && !/[,\r\n]/.test(text[end]!)) end++;
      cells.push(text.slice(at, end));
      at = end;
    }
    if (text[at] === ",") {
      at++;
      // A comma at the very end has an empty cell behind it.
      if (at === text.length || text[at] === "\n" || text[at] === "\r") cells.push("");
      if (at < text.length && text[at] !== "\n" && text[at] !== "\r") continue;
    }
    if (text[at] === "\r" && text[at + 1] === "\n") at++;
    at++;
    line++;
    endRow();
  }
  return rows;
}
