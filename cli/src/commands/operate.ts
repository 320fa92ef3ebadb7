/** `thewatcher doctor | config | token | grant | sign-in-link | internal-key | migrate`: for whoever runs it. */

import { Role } from "@thewatcher/contracts/identity";
import { encodeTokenKeys, generateTokenKeys } from "@thewatcher/kit/internal-token";
import { UserError } from "@thewatcher/kit/user-error";
import type { Command } from "commander";
import { findInstance } from "../attached.ts";
import { operate, print, printJson, settingsOf, wholeNumber, withSettings } from "../command.ts";
import { table } from "../console.ts";
import { needsDataFolder } from "../open-stores.ts";
import { SETTING_NAMES, shownValue, variableOf } from "../settings.ts";
import { STORE_SETTINGS } from "./data.ts";

export function addOperate(program: Command): void {
  withSettings(program.command("doctor"), STORE_SETTINGS)
    .description("What each store is, whether it answers, and what to do where it doesn't")
    .option("--json", "answer as JSON")
    .action(async (options: { json?: true }, command: Command) => {
      const settings = settingsOf(command);
      const { values } = settings;
      const running = findInstance(settings);
      const isShared = !needsDataFolder(values);
      const stores = await operate(command, "doctor", {});
      const healthy = stores.every((store) => store.reachable);
      if (!healthy) process.exitCode = 1;
      if (options.json)
        return printJson({
          dataDir: isShared ? null : values.dataDir,
          running: running?.url ?? null,
          healthy,
          stores,
        });
      const where = isShared
        ? "over servers"
        : `data in ${values.dataDir} · ${running ? `running at ${running.url} (process ${running.pid})` : "not running; opened for this look"}`;
      print(`Node ${process.version} · ${where}\n`);
      print(
        table(
          ["", "store", "what it is", "ms", "setting"],
          stores.map((store) => [
            store.reachable ? "✔" : "✘",
            store.store,
            store.detail,
            store.latencyMs,
            `${store.setting}=${store.url}`,
          ]),
        ),
      );
      for (const store of stores) if (store.advice) print(`\n${store.store}: ${store.advice}`);
    });

  withSettings(program.command("config"), SETTING_NAMES)
    .description("Each setting with its value and where it comes from")
    .option("--json", "answer as JSON")
    .action((options: { json?: true }, command: Command) => {
      const { values, origins } = settingsOf(command);
      const rows = SETTING_NAMES.map((name) => ({
        name,
        value: shownValue(name, values[name]),
        origin: origins[name],
        variable: variableOf(name),
      }));
      if (options.json) return printJson(rows);
      print(
        table(
          ["setting", "value", "origin", "variable"],
          rows.map((row) => [row.name, row.value, row.origin, row.variable]),
        ),
      );
    });

  withSettings(program.command("token"), STORE_SETTINGS)
    .description("Make a token for a machine; it is shown once")
    .requiredOption("--role <role>", "service, analyst, product, editor or operator")
    .option("--label <text>", "what it is for", "made on the command line")
    .option("--days <n>", "how long it is good", "365")
    .option("--json", "answer as JSON")
    .action(async (options: { role: string; label: string; days: string; json?: true }, command: Command) => {
      const role = Role.exclude(["viewer"]).safeParse(options.role);
      if (!role.success)
        throw new UserError(
          `--role ${JSON.stringify(options.role)}: service, analyst, product, editor or operator is accepted`,
        );
      const answer = await operate(command, "token", {
        role: role.data,
        label: options.label,
        days: wholeNumber(options.days, "--days", 1, 3_650),
      });
      if (options.json) return printJson(answer);
      print(answer.token);
      process.stderr.write(
        `Role ${answer.role}, good until ${answer.expiresAt.slice(0, 10)}. Send it as \`Authorization: Bearer <token>\`; it is not kept and not shown again.\n`,
      );
    });

  withSettings(program.command("grant <e-mail>"), STORE_SETTINGS)
    .description("Give who has this account a role: viewer, analyst, product, editor or operator")
    .requiredOption("--role <role>", "what it is from now on")
    .option("--json", "answer as JSON")
    .action(async (email: string, options: { role: string; json?: true }, command: Command) => {
      const roles = Role.exclude(["service"]);
      const role = roles.safeParse(options.role);
      if (!role.success)
        throw new UserError(`--role ${JSON.stringify(options.role)}: ${roles.options.join(", ")} are accepted`);
      const answer = await operate(command, "grant", { role: role.data, email });
      if (options.json) return printJson(answer);
      print(`${answer.email} is ${answer.role} now; sessions know within a second.`);
    });

  withSettings(program.command("sign-in-link <profile>"), STORE_SETTINGS)
    .description("A link that opens the app as this profile, once, within ten minutes")
    .action(async (profile: string, _options: object, command: Command) => {
      const settings = settingsOf(command);
      const { values } = settings;
      const running = findInstance(settings);
      const { path } = await operate(command, "signInLink", { profile });
      // Over servers whoever asks knows where the gateway is; this process does not.
      if (needsDataFolder(values)) print(`${running?.url ?? `http://${values.host}:${values.port}`}${path}`);
      else print(path);
      if (!running && needsDataFolder(values))
        process.stderr.write("The cinema is not running: `npx thewatcher start` first.\n");
    });

  program
    .command("internal-key")
    .description("Make a key for THEWATCHER_INTERNAL_KEY: one for all processes of --roles")
    .action(() => print(encodeTokenKeys(generateTokenKeys())));

  withSettings(program.command("migrate"), STORE_SETTINGS)
    .description("Bring every store's schema and topics up to date (each process does it at its start, too)")
    .option("--json", "answer as JSON")
    .action(async (options: { json?: true }, command: Command) => {
      const stores = await operate(command, "migrate", {});
      if (options.json) return printJson(stores);
      for (const { store, detail } of stores) print(`✔ ${store}: ${detail}`);
    });
}
