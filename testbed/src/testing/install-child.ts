/** Installs one release into a cache folder for the tests of cache.ts: says what it does, and finishes when it is told to. */
import { appendFileSync, existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "@thewatcher/kit/clock";
import { installOnce } from "../cache.ts";

const [cacheFolder = "", release = "", mayFinish = ""] = process.argv.slice(2);
const say = (line: string) => void process.stdout.write(`${line}\n`);

await installOnce(release, { cacheFolder, say }, async (folder) => {
  appendFileSync(join(cacheFolder, "builds.txt"), `${process.pid}\n`);
  await writeFile(join(folder, "half"), "");
  say("building");
  while (!existsSync(mayFinish)) await systemClock.sleep(10);
  await writeFile(join(folder, "program"), "whole");
});
say("done");
