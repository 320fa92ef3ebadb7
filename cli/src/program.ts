/** The `thewatcher` command, apart from the process that runs it. A person's mistake is one line and exit code 2. */
import { UserError } from "@thewatcher/kit/user-error";
import { Command, CommanderError } from "commander";
import { ZodError, z } from "zod";
import { addAudit } from "./commands/audit.ts";
import { addImport } from "./commands/data.ts";
import { addDeadLetters } from "./commands/dead-letters.ts";
import { addEvaluate } from "./commands/evaluate.ts";
import { addExplain } from "./commands/explain.ts";
import { addModels } from "./commands/models.ts";
import { addOperate } from "./commands/operate.ts";
import { addReplay } from "./commands/replay.ts";
import { addRules } from "./commands/rules.ts";
import { addStart } from "./commands/start.ts";
import { VERSION } from "./open-cinema.ts";

const MISTAKE = 2;
const FAILURE = 1;

export interface ProgramOutput {
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
  /** A bar may stand on the line: it is taken off before a message. */
  readonly isTerminal: boolean;
}

function createProgram({ writeOut, writeErr }: ProgramOutput): Command {
  const program = new Command("thewatcher")
    .description(
      "An online cinema around a recommendation engine.\nDocumentation: README.md; settings: `thewatcher config`.",
    )
    .version(VERSION)
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut,
      writeErr,
      // "error: unknown option '--prot'\n(Did you mean --port?)\n" as one line.
      outputError: (text, write) =>
        write(
          `thewatcher: ${text
            .trim()
            .replace(/^error: /, "")
            .replaceAll(/\s*\n\s*/g, " ")}; --help shows what is accepted\n`,
        ),
    })
    .exitOverride();
  // Behind the settings above, which each subcommand takes over when it is made.
  addStart(program);
  addImport(program);
  addModels(program);
  addEvaluate(program);
  addExplain(program);
  addOperate(program);
  addAudit(program);
  addDeadLetters(program);
  addReplay(program);
  addRules(program);
  const settle = (command: Command): void => {
    command.allowExcessArguments(false);
    for (const sub of command.commands) settle(sub);
  };
  settle(program);
  return program;
}

/** Answers the exit code: 0, 2 for a person's mistake, 1 for a failure of ours. `args`: without node and the script. */
export async function runProgram(args: readonly string[], output: ProgramOutput): Promise<number> {
  const say = (text: string): void => output.writeErr(`${output.isTerminal ? "\r\u001b[2K" : ""}thewatcher: ${text}\n`);
  try {
    await createProgram(output).parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    // Commander has printed its message already; help and version end here with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISTAKE;
    if (error instanceof UserError || error instanceof ZodError) {
      say((error instanceof ZodError ? z.prettifyError(error) : error.message).replaceAll(/\s*\n\s*/g, " "));
      return MISTAKE;
    }
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return FAILURE;
  }
}
