/**
 * Whether two versions of a schema understand each other's documents, by their JSON Schemas. Schemas change by addition
 * of optional fields only; anything else needs a new version of its topic.
 *
 * A reader ignores properties that it doesn't know. So a writer and a reader agree when every document of the writer's
 * schema, its unknown properties left out, is a document of the reader's:
 * every property the reader requires is required of the writer; where both know a property, the writer's values are among
 * the reader's (types, enums, constants, bounds, patterns, lengths).
 */
export type JsonSchema = { readonly [key: string]: unknown };

/** What keeps `reader` from understanding what `writer` writes, each as "path: what". Empty: nothing. */
export function misunderstandings(writer: JsonSchema, reader: JsonSchema, path = "$"): string[] {
  const alternativesOf = (schema: JsonSchema): readonly JsonSchema[] | undefined =>
    (schema.oneOf ?? schema.anyOf) as readonly JsonSchema[] | undefined;
  const written = alternativesOf(writer);
  const read = alternativesOf(reader);
  if (written || read) {
    // Each alternative that may be written needs one that reads it; alternatives are told apart by their `type` constant.
    return (written ?? [writer]).flatMap((alternative) => {
      const label = labelOf(alternative);
      const candidates = read ?? [reader];
      const same = candidates.filter((candidate) => labelOf(candidate) === label);
      const found = (same.length > 0 ? same : candidates).map((candidate) =>
        misunderstandings(alternative, candidate, `${path}${label ? `<${label}>` : ""}`),
      );
      if (found.some((list) => list.length === 0)) return [];
      return same.length === 0 && label
        ? [`${path}<${label}>: the reader does not know this alternative`]
        : (found[0] ?? []);
    });
  }
  return [
    ...typeProblems(writer, reader, path),
    ...valueProblems(writer, reader, path),
    ...memberProblems(writer, reader, path),
  ];
}

/** The constant of the property `type` or `kind`, which tells alternatives apart. */
function labelOf(schema: JsonSchema): string | undefined {
  const properties = schema.properties as Readonly<Record<string, JsonSchema>> | undefined;
  const constant = properties?.type?.const ?? properties?.kind?.const;
  return constant === undefined ? undefined : String(constant);
}

function typeProblems(writer: JsonSchema, reader: JsonSchema, path: string): string[] {
  const accepted = reader.type;
  if (accepted === undefined) return [];
  const types = (type: unknown): readonly unknown[] => (Array.isArray(type) ? type : [type]);
  const refused = types(writer.type).filter(
    (type) => !types(accepted).includes(type) && !(type === "integer" && types(accepted).includes("number")),
  );
  return refused.map(
    (type) => `${path}: the writer may write ${String(type ?? "anything")}, the reader takes ${String(accepted)}`,
  );
}

/** Bounds where a larger number is stricter, and those where a smaller one is. */
const LOWER_BOUNDS = ["minimum", "exclusiveMinimum", "minLength", "minItems"] as const;
const UPPER_BOUNDS = ["maximum", "exclusiveMaximum", "maxLength", "maxItems"] as const;

function valueProblems(writer: JsonSchema, reader: JsonSchema, path: string): string[] {
  const problems: string[] = [];
  const values = (schema: JsonSchema): readonly unknown[] | undefined =>
    "const" in schema ? [schema.const] : (schema.enum as readonly unknown[] | undefined);
  const accepted = values(reader);
  if (accepted) {
    const written = values(writer);
    if (!written) problems.push(`${path}: the reader takes only ${JSON.stringify(accepted)}`);
    for (const value of written ?? []) {
      if (!accepted.includes(value))
        problems.push(
          `${path}: the writer may write ${JSON.stringify(value)}, the reader takes ${JSON.stringify(accepted)}`,
        );
    }
  }
  for (const bound of LOWER_BOUNDS) {
    const limit = reader[bound] as number | undefined;
    if (
      limit !== undefined &&
      !((writer[bound] as number | undefined) !== undefined && (writer[bound] as number) >= limit) &&
      !values(writer)
    ) {
      problems.push(`${path}: the reader's ${bound} is ${limit}, the writer's ${String(writer[bound] ?? "none")}`);
    }
  }
  for (const bound of UPPER_BOUNDS) {
    const limit = reader[bound] as number | undefined;
    if (
      limit !== undefined &&
      !((writer[bound] as number | undefined) !== undefined && (writer[bound] as number) <= limit) &&
      !values(writer)
    ) {
      problems.push(`${path}: the reader's ${bound} is ${limit}, the writer's ${String(writer[bound] ?? "none")}`);
    }
  }
  for (const key of ["pattern", "format", "multipleOf"] as const) {
    if (reader[key] !== undefined && writer[key] !== reader[key] && !values(writer)) {
      problems.push(
        `${path}: the reader's ${key} is ${String(reader[key])}, the writer's ${String(writer[key] ?? "none")}`,
      );
    }
  }
  return problems;
}

function memberProblems(writer: JsonSchema, reader: JsonSchema, path: string): string[] {
  const problems: string[] = [];
  const propertiesOf = (schema: JsonSchema) => (schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>;
  const requiredOf = (schema: JsonSchema) => (schema.required ?? []) as readonly string[];
  for (const name of requiredOf(reader)) {
    if (!requiredOf(writer).includes(name))
      problems.push(`${path}.${name}: the reader requires it, the writer may leave it out`);
  }
  const written = propertiesOf(writer);
  for (const [name, schema] of Object.entries(propertiesOf(reader))) {
    const other = written[name];
    if (other) problems.push(...misunderstandings(other, schema, `${path}.${name}`));
  }
  const item = reader.items as JsonSchema | undefined;
  if (item) problems.push(...misunderstandings((writer.items ?? {}) as JsonSchema, item, `${path}[]`));
  return problems;
}
