// Reads vitest's JSON reports: a required suite that did not run, or skipped a test, is a failure. Ends with the counts.
//   node scripts/required-suites.mjs [--core <report>] [--real <report>] [--nonzero core|real]… [--failed-step <name>]…
// `--core` is `npm test`, its suites are listed in scripts/required-suites.txt; `*.datasets.test.ts` need data that is not in
// the repository and may be skipped, by name. `--real` is `npm run test:real`, listed in scripts/required-real-suites.txt:
// on Debian 12, where every server can be had, they must all run; elsewhere what a missing server skips is named. Each
// `--failed-step`, and a run that ended with `--nonzero` though none of its tests failed (an error that nobody caught), counts
// as one that failed.
import { readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

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
    counts.failed += of("failed").length + (suite.status === "failed" && suite.assertionResults.length === 0 ? 1 : 0);
    counts.skipped += skipped.length;
    if (skipped.length === 0) continue;
    const line = `${file}: ${skipped.length} tests skipped`;
    if (maySkip(file)) console.error(`required suites: ${line}`);
    else complaints.push(`${line}, the first: ${skipped[0].fullName}`);
  }
  for (const file of required) {
    const suite = byFile.get(file);
    if (suite && (maySkip(file) || suite.assertionResults.some(({ status }) => status === "passed"))) continue;
    complaints.push(`${file}: required, and did not run`);
  }
  const listed = new Set(required);
  for (const file of byFile.keys()) {
    if (!listed.has(file) && !file.endsWith(".datasets.test.ts")) complaints.push(`${file}: not listed in ${list}`);
  }
  return complaints;
}

const complaints = [
  ...values["failed-step"].map((step) => `${step} failed`),
  ...Object.entries(KINDS).flatMap(([name, kind]) =>
    values[name] ? complaintsOf(kind, read(values[name]), values.nonzero.includes(name)) : [],
  ),
];
for (const complaint of complaints) console.error(`required suites: ${complaint}`);
counts.failed += complaints.length;
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);
