/** The `thewatcher` command. A person's mistake is one line and exit code 2; a failure of ours says where the log is. */
import { UserError } from "@thewatcher/kit/result";
import { Command, CommanderError } from "commander";
import { ZodError, z } from "zod";
import { addImport } from "./commands/data.ts";
import { addModels } from "./commands/models.ts";
import { addOperate } from "./commands/operate.ts";
import { addStart } from "./commands/start.ts";
import { VERSION } from "./open-cinema.ts";

const MISTAKE = 2;

export function createProgram(): Command {
  const program = new Command("thewatcher")
    .description(
      "An online cinema around a recommendation engine.\nDocumentation: README.md; settings: `thewatcher config`.",
    )
    .version(VERSION)
    .showHelpAfterError("(--help shows what is accepted)")
    .showSuggestionAfterError(true)
    .exitOverride();
  addStart(program);
  addImport(program);
  addModels(program);
  addOperate(program);
  // Subcommands made before this line inherit nothing: each is told in its turn.
  const settle = (command: Command): void => {
    command.exitOverride().allowExcessArguments(false);
    for (const sub of command.commands) settle(sub);
  };
  settle(program);
  return program;
}

async function main(): Promise<number> {
  try {
    await createProgram().parseAsync(process.argv);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    // Commander has printed its message already; help and version end here with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISTAKE;
    const bar = process.stderr.isTTY ? "\r\u001b[2K" : "";
    if (error instanceof UserError) {
      process.stderr.write(`${bar}thewatcher: ${error.message}\n`);
      return MISTAKE;
    }
    if (error instanceof ZodError) {
      process.stderr.write(`${bar}thewatcher: ${z.prettifyError(error)}\n`);
      return MISTAKE;
    }
    process.stderr.write(
      `${bar}thewatcher: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return 1;
  }
}

process.exitCode = await main();
