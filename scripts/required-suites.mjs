// Reads vitest's JSON report: a required suite that did not run, or skipped a test, is a failure. Ends with the counts.
// A required suite is a line of scripts/required-suites.txt. `*.datasets.test.ts` need data that is not in the repository
// and may be skipped, by name.
import { readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
const required = readFileSync(new URL("./required-suites.txt", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));

const byFile = new Map(report.testResults.map((suite) => [relative(root, suite.name), suite]));
const counts = { passed: 0, failed: 0, skipped: 0 };
const complaints = [];
for (const [file, suite] of byFile) {
  const of = (...states) => suite.assertionResults.filter(({ status }) => states.includes(status)).length;
  const skipped = of("skipped", "pending", "todo", "disabled");
  counts.passed += of("passed");
  counts.failed += of("failed") + (suite.status === "failed" && suite.assertionResults.length === 0 ? 1 : 0);
  counts.skipped += skipped;
  if (skipped > 0 && !file.endsWith(".datasets.test.ts")) complaints.push(`${file}: ${skipped} tests skipped`);
}
for (const file of required) {
  const suite = byFile.get(file);
  if (!suite || suite.assertionResults.every(({ status }) => status !== "passed"))
    complaints.push(`${file}: required, and did not run`);
}
const listed = new Set(required);
for (const file of byFile.keys()) {
  if (!listed.has(file) && !file.endsWith(".datasets.test.ts"))
    complaints.push(`${file}: not listed in scripts/required-suites.txt`);
}
for (const complaint of complaints) console.error(`required suites: ${complaint}`);
counts.failed += complaints.length;
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);
