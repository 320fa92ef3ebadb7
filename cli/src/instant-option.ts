/** An instant on the command line: a day (its beginning, in UTC) or an instant with its zone. */
import { UserError } from "@thewatcher/kit/user-error";

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

export function instantOption(given: string, flag: string): number {
  const at = DAY.test(given) || INSTANT.test(given) ? Date.parse(given) : Number.NaN;
  // 2026-02-30 would be read as 2 March.
  if (Number.isNaN(at) || (DAY.test(given) && !new Date(at).toISOString().startsWith(given))) {
    throw new UserError(
      `${flag} ${JSON.stringify(given)}: a day or an instant is accepted, such as 2026-11-23 or 2026-11-23T10:00:00Z`,
    );
  }
  return at;
}
