/**
 * Addresses as patterns: `/title/$titleId` is a segment of its own and one that varies. Pure: an address in, what it names
 * out, and back. A slash at the end changes nothing; a varying segment is percent-decoded, and one that does not decode
 * names nothing.
 */

/** The varying segments of a pattern, by name. */
export type ParamsOf<Pattern extends string> = Pattern extends `${string}$${infer Name}/${infer Rest}`
  ? { readonly [Key in Name]: string } & ParamsOf<`/${Rest}`>
  : Pattern extends `${string}$${infer Name}`
    ? { readonly [Key in Name]: string }
    : unknown;

export type Params = Readonly<Record<string, string>>;
/** What stands behind the `?`; what is undefined is left out. */
export type Search = Readonly<Record<string, string | undefined>>;

const segmentsOf = (path: string): string[] => path.split("/").filter((segment) => segment !== "");

function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

/** The varying segments where the address is of the pattern, else null. */
export function paramsIn(pattern: string, pathname: string): Params | null {
  const wanted = segmentsOf(pattern);
  const given = segmentsOf(pathname);
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [i, segment] of wanted.entries()) {
    const is = decoded(given[i] ?? "");
    if (is === null || (segment[0] !== "$" && segment !== is)) return null;
    if (segment[0] === "$") params[segment.slice(1)] = is;
  }
  return params;
}

export function hrefOf(pattern: string, params: Params = {}, search: Search = {}): string {
  const path = pattern.replace(/\$(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) if (value !== undefined) asked.set(name, value);
  return asked.size === 0 ? path : `${path}?${asked}`;
}

export const searchIn = (search: string): Search => Object.fromEntries(new URLSearchParams(search));

/** Whether a link to `pathname` leads to where the viewer is, or to what that is a part of; only home is always exact. */
export function isWithin(here: string, pathname: string): boolean {
  const at = segmentsOf(here);
  const to = segmentsOf(pathname);
  return to.length === 0 ? at.length === 0 : to.every((segment, i) => at[i] === segment);
}
