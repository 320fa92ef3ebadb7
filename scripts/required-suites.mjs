// Reads vitest's JSON reports: a required suite that did not run, or skipped a test, is a failure. Ends with the counts.
//   node scripts/required-suites.mjs [--core <report>] [--real <report>] [--nonzero core|real]… [--failed-step <name>]…
// `--core` is `npm test`, its suites are listed in scripts/required-suites.txt; `*.datasets.test.ts` need data that is not in
// the repository and may be skipped, by name. `--real` is `npm run test:real`, listed in scripts/required-real-suites.txt:
// on Debian 12, where every server can be had, they must all run; elsewhere what a missing server skips is named. Each
// `--failed-step`, and a run that ended with `--nonzero` though none of its tests failed (an error that nobody caught), counts
// as one that failed. Right before the counts: why each failed, so that whoever keeps only the end of the output knows.
import { existsSync, readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, stripVTControlCharacters } from "node:util";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: {
    core: { type: "string" },
    real: { type: "string" },
    nonzero: { type: "string", multiple: true, default: [] },
    "failed-step": { type: "string", multiple: true, default: [] },
  },
});
const KINDS = {
  core: { list: "scripts/required-suites.txt", maySkip: (file) => file.endsWith(".datasets.test.ts") },
  real: { list: "scripts/required-real-suites.txt", maySkip: () => !isDebian12() },
};
const counts = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
// Enough for what was expected and what was found, and for where; in all at most 30 KB, the end of a log.
const FAILURES_TOLD_MAX = 20;
const FAILURE_LINES_MAX = 12;
const FAILURE_CHARACTERS_MAX = 1_500;

function isDebian12() {
  try {
    const text = readFileSync("/etc/os-release", "utf8");
    return /^ID="?debian"?$/m.test(text) && /^VERSION_ID="?12"?$/m.test(text);
  } catch {
    return false;
  }
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

function complaintsOf({ list, maySkip }, report, endedNonzero) {
  if (!report) return [`${list}: there is no report; the run ended before its end`];
  const required = readFileSync(`${root}/${list}`, "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const byFile = new Map(report.testResults.map((suite) => [relative(root, suite.name), suite]));
  const complaints = [];
  if (endedNonzero && report.testResults.every(({ status }) => status !== "failed")) {
    complaints.push(`the run of ${list} failed outside of its tests; see above`);
  }
  for (const [file, suite] of byFile) {
    const of = (...states) => suite.assertionResults.filter(({ status }) => states.includes(status));
    const skipped = of("skipped", "pending", "todo", "disabled");
    counts.passed += of("passed").length;
    const failed = of("failed");
    for (const { fullName, failureMessages } of failed)
      tellFailure(`${file}: ${fullName}`, failureMessages?.join("\n"));
    // A file that can't be imported, or a hook of it that failed: no test says so.
    const failedOutside = suite.status === "failed" && failed.length === 0;
    if (failedOutside) tellFailure(`${file}: outside of its tests`, suite.message);
    counts.failed += failed.length + (failedOutside ? 1 : 0);
    counts.skipped += skipped.length;
    if (skipped.length === 0 || failedOutside) continue;
    const line = `${file}: ${skipped.length} tests skipped`;
    if (maySkip(file)) console.error(`required suites: ${line}`);
    else complaints.push(`${line}, the first: ${skipped[0].fullName}`);
  }
  for (const file of required) {
    if (!/\.test\.tsx?$/.test(file) || !existsSync(`${root}/${file}`)) {
      complaints.push(`${list}: "${file}" is neither a comment (#) nor a test file that is there`);
      continue;
    }
    const suite = byFile.get(file);
    // One that failed ran, and counts as that.
    if (suite && (maySkip(file) || suite.status === "failed")) continue;
    if (suite?.assertionResults.some(({ status }) => status === "passed" || status === "failed")) continue;
    complaints.push(`${file}: required, and did not run`);
  }
  const listed = new Set(required);
  for (const file of byFile.keys()) {
    if (!listed.has(file) && !file.endsWith(".datasets.test.ts")) complaints.push(`${file}: not listed in ${list}`);
  }
  return complaints;
}

function tellFailure(name, message) {
  const text = stripVTControlCharacters(message ?? "").trim() || "no message; see above";
  const shown = text.split("\n").slice(0, FAILURE_LINES_MAX).join("\n").slice(0, FAILURE_CHARACTERS_MAX);
  failures.push(`${name}\n${shown.replace(/^/gm, "    ")}`);
}

const complaints = [
  ...values["failed-step"].map((step) => `${step} failed`),
  ...Object.entries(KINDS).flatMap(([name, kind]) =>
    values[name] ? complaintsOf(kind, read(values[name]), values.nonzero.includes(name)) : [],
  ),
];
for (const complaint of complaints) console.error(`required suites: ${complaint}`);
for (const failure of failures.slice(0, FAILURES_TOLD_MAX)) console.error(`failed: ${failure}`);
if (failures.length > FAILURES_TOLD_MAX)
  console.error(`failed: ${failures.length - FAILURES_TOLD_MAX} more; see above`);
counts.failed += complaints.length;
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);
