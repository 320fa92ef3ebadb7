/** A child of data-folder.test.ts: takes the folder at the parent's word, says whether it won, holds it until told to end. */
import { takeDataFolder } from "../data-folder.ts";

process.send?.("ready");
process.on("message", (dataDir: string) => {
  try {
    takeDataFolder(dataDir);
    process.send?.({ won: true, pid: process.pid });
  } catch (error) {
    process.send?.({ won: false, message: (error as Error).message });
  }
});
