/** What our mails say, in three languages: plain, short, one link. */
import type { Locale } from "@thewatcher/contracts/locales";

export type MailText =
  | "verify"
  | "already"
  | "reset"
  | "email_change"
  | "email_changed"
  | "password_changed"
  | "arrivals";

interface Words {
  readonly subject: string;
  readonly lines: readonly string[];
}

const TEXTS: Readonly<Record<MailText, Readonly<Record<Locale, Words>>>> = {
  verify: {
    ru: {
      subject: "Подтвердите адрес",
      lines: [
        "Чтобы завершить регистрацию в TheWatcher, откройте ссылку и введите пароль, который вы придумали:",
        "Ссылка действует сутки. Если регистрировались не вы, ничего не делайте: учётной записи пока нет.",
      ],
    },
    be: {
      subject: "Пацвердзіце адрас",
      lines: [
        "Каб скончыць рэгістрацыю ў TheWatcher, адкрыйце спасылку і ўвядзіце пароль, які вы прыдумалі:",
        "Спасылка дзейнічае суткі. Калі рэгістраваліся не вы, нічога не рабіце: уліковага запісу пакуль няма.",
      ],
    },
    en: {
      subject: "Confirm your address",
      lines: [
        "To finish signing up to TheWatcher, open the link and type the password that you chose:",
        "The link is good for a day. If it was not you, do nothing: there is no account yet.",
      ],
    },
  },
  already: {
    ru: {
      subject: "У вас уже есть учётная запись",
      lines: [
        "Кто-то указал ваш адрес при регистрации в TheWatcher, но учётная запись с ним уже есть. Забытый пароль можно сменить:",
        "Если это были не вы, ничего не делайте: ничего не изменилось.",
      ],
    },
    be: {
      subject: "У вас ужо ёсць уліковы запіс",
      lines: [
        "Нехта ўказаў ваш адрас пры рэгістрацыі ў TheWatcher, але ўліковы запіс з ім ужо ёсць. Забыты пароль можна змяніць:",
        "Калі гэта былі не вы, нічога не рабіце: нічога не змянілася.",
      ],
    },
    en: {
      subject: "You have an account already",
      lines: [
        "Somebody signed up to TheWatcher with your address, but there is an account with it already. A forgotten password is set anew here:",
        "If it was not you, do nothing: nothing has changed.",
      ],
    },
  },
  reset: {
    ru: {
      subject: "Новый пароль",
      lines: [
        "Чтобы задать новый пароль в TheWatcher, откройте ссылку:",
        "Ссылка действует час. После смены пароля все устройства выйдут из учётной записи. Если вы этого не просили, ничего не делайте.",
      ],
    },
    be: {
      subject: "Новы пароль",
      lines: [
        "Каб задаць новы пароль у TheWatcher, адкрыйце спасылку:",
        "Спасылка дзейнічае гадзіну. Пасля змены пароля ўсе прылады выйдуць з уліковага запісу. Калі вы гэтага не прасілі, нічога не рабіце.",
      ],
    },
    en: {
      subject: "A new password",
      lines: [
        "To set a new password for TheWatcher, open the link:",
        "The link is good for an hour. A new password signs all devices out. If you did not ask for this, do nothing.",
      ],
    },
  },
  email_change: {
    ru: {
      subject: "Подтвердите новый адрес",
      lines: [
        "Чтобы входить в TheWatcher с этим адресом, откройте ссылку:",
        "Ссылка действует сутки. Если вы этого не просили, ничего не делайте.",
      ],
    },
    be: {
      subject: "Пацвердзіце новы адрас",
      lines: [
        "Каб уваходзіць у TheWatcher з гэтым адрасам, адкрыйце спасылку:",
        "Спасылка дзейнічае суткі. Калі вы гэтага не прасілі, нічога не рабіце.",
      ],
    },
    en: {
      subject: "Confirm your new address",
      lines: [
        "To sign in to TheWatcher with this address, open the link:",
        "The link is good for a day. If you did not ask for this, do nothing.",
      ],
    },
  },
  email_changed: {
    ru: {
      subject: "Адрес изменён",
      lines: [
        "В вашей учётной записи TheWatcher теперь другой адрес: с этим больше не войти. Если это сделали не вы, напишите нам:",
      ],
    },
    be: {
      subject: "Адрас зменены",
      lines: [
        "У вашым уліковым запісе TheWatcher цяпер іншы адрас: з гэтым больш не ўвайсці. Калі гэта зрабілі не вы, напішыце нам:",
      ],
    },
    en: {
      subject: "Your address was changed",
      lines: [
        "Your TheWatcher account has another address now: this one no longer signs in. If it was not you, write to us:",
      ],
    },
  },
  password_changed: {
    ru: {
      subject: "Пароль изменён",
      lines: ["Пароль вашей учётной записи TheWatcher изменён. Если это сделали не вы, задайте новый:"],
    },
    be: {
      subject: "Пароль зменены",
      lines: ["Пароль вашага ўліковага запісу TheWatcher зменены. Калі гэта зрабілі не вы, задайце новы:"],
    },
    en: {
      subject: "Your password was changed",
      lines: ["The password of your TheWatcher account was changed. If it was not you, set a new one:"],
    },
  },
  arrivals: {
    ru: {
      subject: "Вы ждали — и вот оно",
      lines: [
        "Вы просили сообщить, когда появится. Теперь это можно смотреть:",
        "Чего вы ещё ждёте, видно в «Моём списке»; там же заявку можно снять.",
      ],
    },
    be: {
      subject: "Вы чакалі — і вось яно",
      lines: [
        "Вы прасілі паведаміць, калі з'явіцца. Цяпер гэта можна глядзець:",
        "Чаго вы яшчэ чакаеце, відаць у «Маім спісе»; там жа заяўку можна зняць.",
      ],
    },
    en: {
      subject: "What you were waiting for is here",
      lines: [
        "You asked us to tell you when it comes. Now it can be watched:",
        "What else you are waiting for stands in your list; there you can also stop waiting.",
      ],
    },
  },
};

/**
 * Pages of the web app behind the links. A token stands in the fragment, which browsers send to nobody: no log, proxy or
 * `Referer` has it.
 */
const PAGES: Readonly<Record<MailText, string>> = {
  verify: "/verify",
  already: "/forgot",
  reset: "/reset",
  email_change: "/confirm-email",
  email_changed: "/",
  password_changed: "/forgot",
  arrivals: "/my-list",
};

/** Names of one mail: a screen of them; the list has them all. */
const TITLES_MAX = 20;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

export function writeMail(
  kind: MailText,
  language: Locale,
  link: { readonly origin: string; readonly token?: string; readonly titles?: readonly string[] },
): { readonly subject: string; readonly text: string; readonly html: string } {
  const { subject, lines } = TEXTS[kind][language];
  const [first = "", ...rest] = lines;
  const url = `${link.origin}${PAGES[kind]}${link.token === undefined ? "" : `#token=${link.token}`}`;
  const { titles = [] } = link;
  const named = titles.slice(0, TITLES_MAX).map((name) => `• ${name}`);
  if (titles.length > TITLES_MAX) named.push("…");
  const paragraphs = [first, ...named, url, ...rest, "TheWatcher"];
  const html = paragraphs.map((text) =>
    text === url ? `<p><a href="${escaped(url)}">${escaped(url)}</a></p>` : `<p>${escaped(text)}</p>`,
  );
  return {
    subject: `TheWatcher: ${subject}`,
    text: `${paragraphs.join("\n\n")}\n`,
    html: `<!doctype html><html lang="${language}"><meta charset="utf-8"><title>${escaped(subject)}</title><body>${html.join("")}</body></html>\n`,
  };
}
