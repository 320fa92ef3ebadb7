/** Freezes additions to the topics into contracts/schemas/. Refuses a change that an old reader or writer would not survive. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { misunderstandings } from "@thewatcher/contracts/compatibility";
import { type FrozenTopic, freeze } from "@thewatcher/contracts/freeze";
import { allTopics } from "@thewatcher/contracts/topics";

for (const topic of allTopics) {
  const path = new URL(`../contracts/schemas/${topic.name}.json`, import.meta.url);
  const today = freeze(topic);
  if (existsSync(path)) {
    const frozen = JSON.parse(readFileSync(path, "utf8")) as FrozenTopic;
    const broken = [
      ...misunderstandings(today.written, frozen.read).map((problem) => `old readers: ${problem}`),
      ...misunderstandings(frozen.written, today.read).map((problem) => `old writers: ${problem}`),
    ];
    if (broken.length > 0) {
      console.error(`${topic.name}: not an addition; it needs a new version\n  ${broken.join("\n  ")}`);
      process.exitCode = 1;
      continue;
    }
  }
  writeFileSync(path, `${JSON.stringify(today, null, 2)}\n`);
}
