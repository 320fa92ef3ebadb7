/** Secrets that somebody else holds, made here once and kept here only as their SHA-256; and ids that nobody guesses. */
import { hash, randomBytes } from "node:crypto";

/** 256 bits of chance, base64url: 43 characters. */
export const newSecret = (): string => randomBytes(32).toString("base64url");
/** Of an account, a profile, a sign-up, a device: 132 bits of chance. */
export const newId = (prefix: "a" | "p" | "s" | "d"): string => `${prefix}-${newSecret().slice(0, 22)}`;
export const isSecret = (text: string): boolean => /^[\w-]{43}$/.test(text);
export const sha256 = (text: string): string => hash("sha256", text, "hex");
