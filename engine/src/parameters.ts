/**
 * A model's parameters as a table: what each is, which values it takes and its default. One table serves checking,
 * help texts and the search of parameters. Values are JSON, so that a run can be recorded and repeated.
 */
import { UserError } from "@thewatcher/kit/user-error";

export type ParameterSpec =
  | {
      readonly kind: "number";
      readonly description: string;
      readonly min: number;
      readonly max: number;
      readonly integer?: boolean;
      readonly default: number;
    }
  | {
      /** A number that may be switched off with null. */
      readonly kind: "optionalNumber";
      readonly description: string;
      readonly min: number;
      readonly max: number;
      readonly default: number | null;
    }
  | {
      readonly kind: "choice";
      readonly description: string;
      readonly values: readonly string[];
      readonly default: string;
    };

export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>;

type ValueOf<Spec extends ParameterSpec> = Spec extends { kind: "number" }
  ? number
  : Spec extends { kind: "optionalNumber" }
    ? number | null
    : Spec extends { kind: "choice"; values: readonly (infer Value)[] }
      ? Value
      : never;

export type ParameterValues<Specs extends ParameterSpecs> = { readonly [Name in keyof Specs]: ValueOf<Specs[Name]> };

export type ParameterInput = Readonly<Record<string, unknown>>;

function accepted(spec: ParameterSpec): string {
  if (spec.kind === "choice") return spec.values.map((value) => JSON.stringify(value)).join(", ");
  const kind = spec.kind === "number" && spec.integer ? "an integer" : "a number";
  return `${kind} from ${spec.min} to ${spec.max}${spec.kind === "optionalNumber" ? ", or null for none" : ""}`;
}

function isAccepted(spec: ParameterSpec, value: unknown): boolean {
  if (spec.kind === "choice") return typeof value === "string" && spec.values.includes(value);
  if (value === null) return spec.kind === "optionalNumber";
  if (typeof value !== "number" || !(value >= spec.min && value <= spec.max)) return false;
  return !(spec.kind === "number" && spec.integer) || Number.isInteger(value);
}

/** Defaults filled in; an unknown name or a value outside its table is a UserError that names it. */
export function resolveParameters<const Specs extends ParameterSpecs>(
  modelName: string,
  specs: Specs,
  given: ParameterInput,
): ParameterValues<Specs> {
  const names = Object.keys(specs);
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    const known = names.length === 0 ? "it takes none" : `it takes ${names.join(", ")}`;
    throw new UserError(`model ${modelName}: unknown parameter "${name}"; ${known}`);
  }
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const value = given[name];
    if (value !== undefined && !isAccepted(spec, value)) {
      throw new UserError(
        `model ${modelName}: parameter "${name}" is ${JSON.stringify(value)}; accepted: ${accepted(spec)}`,
      );
    }
    values[name] = value === undefined ? spec.default : value;
  }
  return values as ParameterValues<Specs>;
}
