/** Runs the `thewatcher` command in this process. */
import { runProgram } from "./program.ts";

const code = await runProgram(process.argv.slice(2), {
  writeOut: (text) => process.stdout.write(text),
  writeErr: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
});
// `doctor` sets its own where a store doesn't answer.
if (code !== 0) process.exitCode = code;
