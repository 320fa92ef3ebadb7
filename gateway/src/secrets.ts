/** Secrets that somebody else holds: made here once, kept here only as their SHA-256. */
import { hash, randomBytes } from "node:crypto";

/** 256 bits of chance, base64url: 43 characters. */
export const newSecret = (): string => randomBytes(32).toString("base64url");
export const isSecret = (text: string): boolean => /^[\w-]{43}$/.test(text);
export const sha256 = (text: string): string => hash("sha256", text, "hex");
