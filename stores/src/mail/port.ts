/** Mail to one person. The sender and its retries are the caller's; an adapter brings one mail to the server, or says why not. */

export interface MailMessage {
  /** One address. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export type MailAnswer =
  | { readonly kind: "sent" }
  /** For good: sending it again would be refused again. */
  | { readonly kind: "refused"; readonly reason: string };

/** UTF-8 bytes of subject, text and HTML together: our mails have 2 KB. */
export const MAIL_BYTES_MAX = 262_144;

export interface Mail {
  /** Rejects where it may go well later: the server is away, slow, or says so. Answers or rejects within a minute. */
  send(message: MailMessage): Promise<MailAnswer>;
  describe(): Promise<string>;
  close(): Promise<void>;
}
