/** Runs the `thewatcher` command in this process. */
import { runProgram } from "./program.ts";

// Whoever reads us may stop reading (`… | head`): that ends the output, and is no failure.
for (const output of [process.stdout, process.stderr]) {
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    if (output === process.stdout) process.exit(0);
  });
}

const code = await runProgram(process.argv.slice(2), {
  writeOut: (text) => process.stdout.write(text),
  writeErr: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
});
// `doctor` sets its own where a store doesn't answer.
if (code !== 0) process.exitCode = code;
