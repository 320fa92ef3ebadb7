/**
 * What no new password may be, beyond its length: what is tried first. The commonest of eight characters and more of the
 * leaked lists, in both alphabets' keyboards; one character or a run; and the person's own address.
 */
import { refuse } from "../handler.ts";

/** In lower case, without what stands behind the letters. */
const COMMON: ReadonlySet<string> = new Set(
  `password passw0rd p@ssword p@ssw0rd pass1234 password1234 qwerty qwertyui qwertyuiop qwerty12 qwerty1234 qwertyqwerty
  asdfghjk asdfghjkl zxcvbnm zxcvbnmz asdfasdf qazwsx qazwsxedc 1q2w3e 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qaz2wsx3edc q1w2e3r4
  q1w2e3r4t5 zaq12wsx iloveyou iloveyou1 ilovethis sunshine princess football baseball basketball superman batman1 batman
  starwars pokemon trustno1 whatever computer internet letmein letmein1 welcome welcome1 dragon dragon12 monkey12 master12
  michelle jennifer charlie jordan23 changeme default administrator admin123 admin1234 administrator1 abcd1234 abc12345
  a1b2c3d4 aa123456 a1234567 a12345678 test1234 testtest samsung google facebook thewatcher cinema123 liverpool chelsea
  marina natasha svetlana aleksandr alexander vladimir anastasia ekaterina nastya12 zenit spartak lokomotiv dinamo12
  йцукен йцукенг йцукенгш йцукенгшщз йцукен12 пароль парольпароль привет приветпривет фывапролд ячсмить любовь солнышко
  наташа марина максим андрей александр марусенька спартак динамо россия беларусь минск москва кинотеатр
  gfhjkm gfhjkmgfhjkm ghbdtn ghbdtnghbdtn k.,jdm vfrcbv vfhbyf yfnfif`.split(/\s+/),
);

const RUNS = [
  "01234567890123456789",
  "98765432109876543210",
  "abcdefghijklmnopqrstuvwxyz",
  "абвгдежзийклмнопрстуфхцчшщ",
];

/** A word that is tried first, with up to four digits or marks behind it. */
export function isCommonPassword(password: string): boolean {
  const text = password.normalize("NFKC").toLowerCase();
  if (new Set(text).size < 3) return true;
  if (RUNS.some((run) => run.includes(text))) return true;
  return COMMON.has(text) || COMMON.has(text.replace(/[\d!?.*_-]{1,4}$/, ""));
}

/** Ends the handler where it is no good; nothing is said of any account. */
export function requireGoodPassword(password: string, email: string | undefined): void {
  if (isCommonPassword(password))
    throw refuse("bad-request", "password: it is one of the first that are tried. Take another.");
  const own = email?.toLowerCase() ?? "";
  const text = password.toLowerCase();
  if (own !== "" && (text === own || text === own.slice(0, own.lastIndexOf("@"))))
    throw refuse("bad-request", "password: it is the e-mail. Take another.");
}
