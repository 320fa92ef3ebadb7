/** A rule set in a file, as `thewatcher rules` takes it: JSON in UTF-8 of at most 1 MiB. */
import { readFile, stat } from "node:fs/promises";
import { RULE_SET_BYTES_MAX } from "@thewatcher/contracts/api/control";
import type { RuleError, RuleSet } from "@thewatcher/contracts/rules";
import { checkRuleSet } from "@thewatcher/control-api/rule-sets";
import { UserError } from "@thewatcher/kit/user-error";
import { thousands } from "./console.ts";

/** Mistakes told in the one line of a refusal; `rules check` tells all. */
const TOLD_MAX = 3;

/** What is wrong with it, or the rule set. UserError where it is no JSON at all. */
export async function checkRulesFile(file: string): Promise<ReturnType<typeof checkRuleSet>> {
  let text: string;
  try {
    const { size } = await stat(file);
    if (size > RULE_SET_BYTES_MAX)
      throw new UserError(`${file}: ${thousands(size)} bytes, at most ${thousands(RULE_SET_BYTES_MAX)}`);
    // Some editors begin a file with a byte-order mark.
    text = (await readFile(file, "utf8")).replace(/^\uFEFF/, "");
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${file}: cannot be read (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
  try {
    return checkRuleSet(JSON.parse(text));
  } catch (cause) {
    throw new UserError(`${file}: not JSON (${(cause as Error).message})`, { cause });
  }
}

/** The rule set, or a UserError with the first mistakes. */
export async function readRulesFile(file: string): Promise<RuleSet> {
  const checked = await checkRulesFile(file);
  if (checked.kind === "valid") return checked.ruleSet;
  const { errors } = checked;
  const told = errors.slice(0, TOLD_MAX).map(mistakeText).join("; ");
  const more =
    errors.length > TOLD_MAX ? `; ${errors.length - TOLD_MAX} more (\`thewatcher rules check\` tells all)` : "";
  throw new UserError(`${file}: ${told}${more}`);
}

export const mistakeText = ({ path, what, accepted }: RuleError): string =>
  `${path === "" ? "the document" : path} ${what} (accepted: ${accepted})`;
