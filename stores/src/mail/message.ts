/** What every adapter refuses, in the same words. */
import { MAIL_BYTES_MAX, type MailMessage } from "./port.ts";

/** One address and nothing that a mail program would read as a header or a second one. */
const ADDRESS = /^[^\s@,;:<>()[\]\\"\p{C}]{1,64}@[^\s@,;:<>()[\]\\"\p{C}]{1,255}$/u;

export const isAddress = (text: string): boolean => ADDRESS.test(text);

export function checkMessage({ to, subject, text, html }: MailMessage): void {
  if (!isAddress(to)) throw new RangeError("mail: the recipient is no address");
  if (/[\r\n\0]/.test(subject) || subject === "") throw new RangeError("mail: the subject is one line of text");
  const bytes = Buffer.byteLength(subject) + Buffer.byteLength(text) + Buffer.byteLength(html);
  if (bytes > MAIL_BYTES_MAX)
    throw new RangeError(`mail: ${bytes} bytes are refused; at most ${MAIL_BYTES_MAX} are accepted`);
}
