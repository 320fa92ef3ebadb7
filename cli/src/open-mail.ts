/** Mail by its URL: files in the data folder, or a server. */
import type { Clock } from "@thewatcher/kit/clock";
import type { Mail } from "@thewatcher/stores/mail/port";
import { pathOf } from "./open-stores.ts";
import type { Settings } from "./settings.ts";

export async function openMail(settings: Settings, clock: Clock): Promise<Mail> {
  const { mailUrl, dataDir } = settings;
  if (mailUrl.startsWith("file:")) {
    const { openFileMail } = await import("@thewatcher/stores/mail/file");
    return openFileMail({ path: pathOf(mailUrl, dataDir), clock });
  }
  const { openSmtpMail } = await import("@thewatcher/stores/mail/smtp");
  return openSmtpMail({ url: mailUrl });
}
