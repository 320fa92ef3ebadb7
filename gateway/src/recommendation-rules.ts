/**
 * `/recommendations-rules`: by which rules titles are recommended here, for anybody, without a login and without a script,
 * in Russian, Belarusian and English. It says what article 10.2-2 of the Russian law 149-FZ asks an owner to publish: that
 * recommendation technologies are applied; what of viewers' preferences is collected, and out of which sources; how it is
 * kept in order, analysed, and used; and where to write.
 *
 * What is said here is held by the code: signals and weights in feature-store/src/signal.ts, what is read and not read in
 * serving-api/src/app.ts (`profiling`), retention in docs/data-model.md. Whoever changes those changes this page.
 */
import type { Locale } from "@thewatcher/contracts/locales";

/** Who answers requests: `Name <e-mail>`, or the e-mail alone. */
export interface RulesContact {
  readonly name: string | null;
  readonly email: string;
}

/** undefined: it is none. */
export function parseRulesContact(text: string): RulesContact | undefined {
  const [, name = "", bracketed, plain] =
    /^(?:([^<>\n]{1,200}?)\s*<([^\s<>@]+@[^\s<>@]+)>|([^\s<>@]+@[^\s<>@]+))$/.exec(text.trim()) ?? [];
  const email = bracketed ?? plain;
  if (email === undefined || email.length > 254) return undefined;
  return { name: name === "" ? null : name, email };
}

interface Section {
  readonly title: string;
  readonly paragraphs?: readonly string[];
  readonly points?: readonly string[];
}

interface Text {
  readonly title: string;
  /** What the law asks to be said in so many words. */
  readonly notice: string;
  readonly sections: readonly Section[];
  readonly contactTitle: string;
  readonly contact: string;
  readonly noContact: string;
  readonly back: string;
}

const texts: Readonly<Record<Locale, Text>> = {
  ru: {
    title: "Правила применения рекомендательных технологий",
    notice:
      "На информационном ресурсе применяются рекомендательные технологии (информационные технологии предоставления информации на основе сбора, систематизации и анализа сведений, относящихся к предпочтениям пользователей сети «Интернет», находящихся на территории Российской Федерации).",
    sections: [
      {
        title: "Какие сведения о предпочтениях используются и откуда они",
        paragraphs: [
          "Только то, что происходит с профилем в самом сервисе. Сведения у третьих лиц не покупаются, контакты и поведение на других сайтах не используются. В журнале событий профиль обозначен псевдонимом, имени и почты там нет.",
        ],
        points: [
          "показы карточек и нажатия на них;",
          "просмотры: начало, сколько минут просмотрено, где остановлено;",
          "оценки, список «Посмотреть», «Неинтересно», «Уже видел», убранное из «Продолжить просмотр»;",
          "поисковые запросы;",
          "правки портрета вкусов и «Забыть просмотр»;",
          "страна, язык, вид устройства, возрастная отметка профиля и время: по ним отбирается доступное.",
        ],
      },
      {
        title: "Как эти сведения собираются, систематизируются и анализируются",
        points: [
          "Каждое событие записывается в журнал и хранится с временем; журнал — единственный источник для всех расчётов.",
          "Из событий пары «профиль — фильм» выводится одно число. Больше всего значит оценка, затем просмотр по доле просмотренного, затем список «Посмотреть», меньше всего — нажатие. Недавнее важнее давнего. «Неинтересно» исключает фильм отовсюду.",
          "По совместным просмотрам многих профилей рассчитывается, какие фильмы похожи и что смотрят зрители с близким вкусом.",
          "Последнее действие учитывается сразу, в течение секунды, без нового обучения.",
        ],
      },
      {
        title: "Как составляется страница",
        points: [
          "Кандидаты берутся из нескольких источников: личный список, похожее на недавно просмотренное, близкое к вкусу профиля, популярное и набирающее популярность в стране, популярное у зрителей с близким вкусом, новинки, подборки редакторов.",
          "Кандидаты упорядочиваются по вероятности, что фильм будет выбран; затем список разбавляется, чтобы он не состоял из одного и того же.",
          "Небольшая часть мест разыгрывается случайно, чтобы новые фильмы тоже находили зрителя; вероятность каждого такого показа известна и записана.",
          "Правила редакции могут поднять, опустить или закрепить фильм; возрастные отметки и права действуют всегда.",
          "Под карточкой и в заголовке ряда сказано, почему они здесь. Место в рекомендациях не продаётся.",
        ],
      },
      {
        title: "Чем вы управляете",
        points: [
          "«Неинтересно» убирает фильм отовсюду в ту же секунду; это можно отменить.",
          "Страница «Мои вкусы» показывает, что сервис о вас думает и на каких фильмах это основано; каждую черту можно усилить или ослабить, любой просмотр — забыть.",
          "Переключатель «Персонализация» на той же странице и в аккаунте. Когда он выключен, история и списки профиля не читаются вовсе, страница одинакова для всех в вашей стране и возрасте, модели на действиях профиля больше не учатся. Доступ к фильмам остаётся прежним.",
          "Профиль можно удалить в настройках: всё, что о нём известно, забывается во всех хранилищах.",
        ],
      },
      {
        title: "Сколько хранится",
        paragraphs: ["События хранятся, пока существует профиль. Запись о том, что и почему было показано, — 30 дней."],
      },
    ],
    contactTitle: "Куда обратиться",
    contact: "Вопросы и юридически значимые сообщения о рекомендательных технологиях:",
    noContact: "Владелец этой установки ещё не указал адрес.",
    back: "На главную",
  },
  be: {
    title: "Правілы прымянення рэкамендацыйных тэхналогій",
    notice:
      "На інфармацыйным рэсурсе прымяняюцца рэкамендацыйныя тэхналогіі (інфармацыйныя тэхналогіі прадастаўлення інфармацыі на аснове збору, сістэматызацыі і аналізу звестак, якія адносяцца да пераваг карыстальнікаў сеткі «Інтэрнэт»).",
    sections: [
      {
        title: "Якія звесткі пра перавагі выкарыстоўваюцца і адкуль яны",
        paragraphs: [
          "Толькі тое, што адбываецца з профілем у самім сэрвісе. Звесткі ў трэціх асоб не купляюцца, кантакты і паводзіны на іншых сайтах не выкарыстоўваюцца. У журнале падзей профіль пазначаны псеўданімам, імя і пошты там няма.",
        ],
        points: [
          "паказы картак і націсканні на іх;",
          "прагляды: пачатак, колькі хвілін прагледжана, дзе спынена;",
          "ацэнкі, спіс «Паглядзець», «Не цікава», «Ужо бачыў», прыбранае з «Працягнуць прагляд»;",
          "пошукавыя запыты;",
          "праўкі партрэта густаў і «Забыць прагляд»;",
          "краіна, мова, від прылады, узроставая адзнака профілю і час: па іх адбіраецца даступнае.",
        ],
      },
      {
        title: "Як гэтыя звесткі збіраюцца, сістэматызуюцца і аналізуюцца",
        points: [
          "Кожная падзея запісваецца ў журнал і захоўваецца з часам; журнал — адзіная крыніца для ўсіх разлікаў.",
          "З падзей пары «профіль — фільм» выводзіцца адзін лік. Больш за ўсё значыць ацэнка, затым прагляд паводле долі прагледжанага, затым спіс «Паглядзець», менш за ўсё — націсканне. Нядаўняе важнейшае за даўняе. «Не цікава» выключае фільм адусюль.",
          "Па сумесных праглядах многіх профіляў разлічваецца, якія фільмы падобныя і што глядзяць гледачы з блізкім густам.",
          "Апошняе дзеянне ўлічваецца адразу, на працягу секунды, без новага навучання.",
        ],
      },
      {
        title: "Як складаецца старонка",
        points: [
          "Кандыдаты бяруцца з некалькіх крыніц: асабісты спіс, падобнае на нядаўна прагледжанае, блізкае да густу профілю, папулярнае і тое, што набірае папулярнасць у краіне, папулярнае ў гледачоў з блізкім густам, навінкі, падборкі рэдактараў.",
          "Кандыдаты ўпарадкоўваюцца паводле верагоднасці, што фільм будзе выбраны; затым спіс разбаўляецца, каб ён не складаўся з аднаго і таго ж.",
          "Невялікая частка месцаў разыгрываецца выпадкова, каб новыя фільмы таксама знаходзілі гледача; верагоднасць кожнага такога паказу вядомая і запісаная.",
          "Правілы рэдакцыі могуць падняць, апусціць або замацаваць фільм; узроставыя адзнакі і правы дзейнічаюць заўсёды.",
          "Пад карткай і ў загалоўку рада сказана, чаму яны тут. Месца ў рэкамендацыях не прадаецца.",
        ],
      },
      {
        title: "Чым вы кіруеце",
        points: [
          "«Не цікава» прыбірае фільм адусюль у тую ж секунду; гэта можна адмяніць.",
          "Старонка «Мае густы» паказвае, што сэрвіс пра вас думае і на якіх фільмах гэта заснавана; кожную рысу можна ўзмацніць або аслабіць, любы прагляд — забыць.",
          "Пераключальнік «Персаналізацыя» на той жа старонцы і ў акаўнце. Калі ён выключаны, гісторыя і спісы профілю зусім не чытаюцца, старонка аднолькавая для ўсіх у вашай краіне і ўзросце, мадэлі на дзеяннях профілю больш не вучацца. Доступ да фільмаў застаецца ранейшым.",
          "Профіль можна выдаліць у наладах: усё, што пра яго вядома, забываецца ва ўсіх сховішчах.",
        ],
      },
      {
        title: "Колькі захоўваецца",
        paragraphs: ["Падзеі захоўваюцца, пакуль існуе профіль. Запіс пра тое, што і чаму было паказана, — 30 дзён."],
      },
    ],
    contactTitle: "Куды звярнуцца",
    contact: "Пытанні і юрыдычна значныя паведамленні пра рэкамендацыйныя тэхналогіі:",
    noContact: "Уладальнік гэтай устаноўкі яшчэ не назваў адрас.",
    back: "На галоўную",
  },
  en: {
    title: "The rules of recommending",
    notice:
      "This service applies recommendation technologies: it chooses what to show by collecting, ordering and analysing what is known of viewers' preferences.",
    sections: [
      {
        title: "What is used, and where it comes from",
        paragraphs: [
          "Only what happens with a profile inside the service. Nothing is bought from others, and neither contacts nor what you do on other sites is used. In the log of events a profile is a pseudonym; no name and no e-mail is there.",
        ],
        points: [
          "cards that were shown, and clicks on them;",
          "plays: where they began, how many minutes were watched, where they stopped;",
          "ratings, the watchlist, “not interested”, “seen it”, what was taken out of “continue watching”;",
          "searches;",
          "corrections of the taste sheet, and watches that you asked us to forget;",
          "country, language, kind of device, the profile's age mark, and the time: they decide what is available.",
        ],
      },
      {
        title: "How it is kept and analysed",
        points: [
          "Each event is written to a log with its time; every calculation is made from that log alone.",
          "What happened between a profile and a title becomes one number. A rating says most, then a play by how much of it was watched, then the watchlist, and a click least. What is recent counts more. “Not interested” takes a title out of everything.",
          "From what many profiles watched follows which titles are alike, and what viewers of a similar taste watch.",
          "The last thing you did counts within a second, before any new training.",
        ],
      },
      {
        title: "How a page is made",
        points: [
          "Candidates come from several sources: your own list, what is like what you watched lately, what is close to your taste, what is popular or growing in the country, what viewers of a similar taste watch, what is new, and what editors collected.",
          "They are ordered by how likely each is to be chosen, then spread, so that a row is not the same thing ten times.",
          "A few places are drawn by chance, so that new titles find viewers too; the probability of each such draw is known and recorded.",
          "The editors' rules may raise, lower or pin a title; age marks and rights hold everywhere.",
          "Cards and rows say why they are there. A place among recommendations is not for sale.",
        ],
      },
      {
        title: "What you decide",
        points: [
          "“Not interested” takes a title away everywhere, at once; it can be undone.",
          "“My taste” shows what the service believes of you and which titles say so; each trait can be made more or less of, and each watch forgotten.",
          "The switch “Personalisation”, on the same page and in the account. While it is off, neither history nor lists of the profile are read, the page is the same for everybody of your country and age, and models learn no more of what the profile does. It costs no access to any title.",
          "A profile can be deleted in the settings: all that is known of it is forgotten in every store.",
        ],
      },
      {
        title: "How long it is kept",
        paragraphs: ["Events are kept as long as the profile is there. What was shown, and why, is kept for 30 days."],
      },
    ],
    contactTitle: "Where to write",
    contact: "Questions and legal notices about recommending:",
    noContact: "The owner of this installation has not named an address yet.",
    back: "Home",
  },
};

const NAMES: Readonly<Record<Locale, string>> = { ru: "Русский", be: "Беларуская", en: "English" };

const STYLE = `:root{color-scheme:dark}body{margin:0;background:#0e0d12;color:#e9e4da;font:1.05rem/1.65 system-ui,sans-serif}
main{max-width:44rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}a{color:#ffb454}nav{display:flex;gap:1rem;flex-wrap:wrap;margin-bottom:2rem}
nav a[aria-current]{color:inherit;text-decoration:none}nav a:first-child{margin-right:auto}h1{font-size:clamp(1.7rem,5vw,2.4rem);line-height:1.2;margin:0 0 1.25rem}
@media(max-width:30rem){nav a:first-child{flex-basis:100%}}h2{font-size:1.2rem;margin:2.25rem 0 .5rem}.notice{border-left:3px solid #ffb454;padding:.25rem 0 .25rem 1rem;margin:0}li{margin:.35rem 0}ul{padding-left:1.2rem}`;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

export function renderRecommendationRules(options: {
  readonly locale: Locale;
  readonly contact: RulesContact | undefined;
  readonly nonce: string;
}): string {
  const { locale, contact, nonce } = options;
  const text = texts[locale];
  const link = (one: Locale) =>
    `<a href="?locale=${one}" lang="${one}" hreflang="${one}"${one === locale ? ' aria-current="page"' : ""}>${NAMES[one]}</a>`;
  const sections = text.sections.map(({ title, paragraphs = [], points = [] }) =>
    [
      `<h2>${escaped(title)}</h2>`,
      ...paragraphs.map((paragraph) => `<p>${escaped(paragraph)}</p>`),
      ...(points.length === 0 ? [] : [`<ul>${points.map((point) => `<li>${escaped(point)}</li>`).join("")}</ul>`]),
    ].join("\n"),
  );
  const name = contact?.name ? `${escaped(contact.name)}, ` : "";
  const where = contact
    ? `<p>${escaped(text.contact)} ${name}<a href="mailto:${encodeURIComponent(contact.email).replace("%40", "@")}">${escaped(contact.email)}</a></p>`
    : `<p>${escaped(text.noContact)}</p>`;
  return `<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<title>${escaped(text.title)} · TheWatcher</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main>
<nav><a href="/">${escaped(text.back)}</a>${(["ru", "be", "en"] as const).map(link).join("")}</nav>
<h1>${escaped(text.title)}</h1>
<p class="notice">${escaped(text.notice)}</p>
${sections.join("\n")}
<h2>${escaped(text.contactTitle)}</h2>
${where}
</main>
</body>
</html>
`;
}
