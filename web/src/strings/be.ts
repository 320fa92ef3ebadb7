/** The frame and home in Belarusian. */
import type { Strings } from "../strings.ts";

// Browsers know little Belarusian: Chromium has its plural forms, but neither its months, countries nor lists.
const countries = new Intl.DisplayNames("ru", { type: "region", fallback: "code" });
const ownCountries: Readonly<Record<string, string>> = { RU: "Расія", US: "ЗША" };
const months =
  "студзеня лютага сакавіка красавіка мая чэрвеня ліпеня жніўня верасня кастрычніка лістапада снежня".split(" ");
const day = (at: string) => `${new Date(at).getDate()} ${months[new Date(at).getMonth()]}`;
const rules = new Intl.PluralRules("be");
const stars = (n: number) =>
  `${n.toLocaleString("ru")} ${{ one: "зорка", few: "зоркі", many: "зорак", other: "зоркі" }[rules.select(n) as "one"]}`;

export const strings: Strings = {
  appName: "TheWatcher",
  pageTitle: (page) => `${page} · TheWatcher`,
  skipToContent: "Да зместу",
  loading: "Загружаецца",
  retry: "Паспрабаваць яшчэ раз",
  undo: "Вярнуць",
  dismiss: "Закрыць",
  backHome: "На галоўную",

  nav: {
    label: "Раздзелы",
    home: "Галоўная",
    myList: "Мой спіс",
    search: "Пошук",
    switchProfile: "Змяніць профіль",
    signOut: "Выйсці",
  },

  home: {
    title: "Галоўная",
    heroKicker: "Выбрана для вас",
    more: "Пра фільм",
    updated: "Абноўлена для вас",
    updatedBecause: (name) => `Абноўлена: вы глядзелі «${name}»`,
    emptyTitle: "Пакуль няма чаго паказаць",
    emptyLead: "Першыя падборкі рыхтуюцца: пасля запуску кінатэатра гэта займае некалькі секунд.",
    partial: "Некаторых радоў зараз няма; астатняе як звычайна.",
    scrollBack: (row) => `Назад: ${row}`,
    scrollOn: (row) => `Далей: ${row}`,
    wishes: "Што падыдзе сёння",
    minutes: "У мяне ёсць",
    anyLength: "колькі заўгодна часу",
    minutesOf: (minutes) => `${minutes} хв`,
    along: "Са мной глядзіць",
    alone: "ніхто",
    dropWishes: "Без умоў",
    nothingFits: "Такога не знайшлося",
    nothingFitsLead: "Калі часу больш або кампанія іншая, знойдзецца.",
    unprofiled: "Персаналізацыя выключана: ваша гісторыя не чытаецца.",
    technologies: "На інфармацыйным рэсурсе прымяняюцца рэкамендацыйныя тэхналогіі.",
    rules: "Паводле якіх правілаў мы рэкамендуем",
    taste: "Мае густы",
  },

  rows: {
    continue_watching: "Працягнуць прагляд",
    because_you_watched: (name) => `Вы глядзелі «${name}»`,
    top_picks: "Найлепшае для вас",
    top_in_country: (country) => `Топ-10: ${country}`,
    top: "Топ-10",
    popular_in_country: (country) => `Папулярна: ${country}`,
    popular: "Папулярна зараз",
    new: "Новае ў кінатэатры",
    trending: "Набірае папулярнасць",
    segment: "Выбар гледачоў з падобным густам",
    for_two: "Для вас дваіх",
    genre: (genre) => genre,
  },

  reasons: {
    because_you_watched: (name) => `Вы глядзелі «${name}»`,
    similar_to_history: "Падобна да таго, што вы глядзіце",
    similar_to_named: (names) => `Падобна да ${names}`,
    popular_in_country: (rank, country) => `№ ${rank}: ${country}`,
    popular: (rank) => `№ ${rank} сярод усіх`,
    new: "Навінка",
    newFrom: (year) => `Навінка · ${year}`,
    continue_watching: "Вы спыніліся тут",
    minutesLeft: (minutes) => `Засталося ${minutes} хв`,
    trending_in_country: (country) => `Глядзяць усё часцей: ${country}`,
    popular_in_segment: "Любяць гледачы з падобным густам",
    editorial: (name) => `З падборкі «${name}»`,
    exploration: "Паспрабуйце новае",
    pinned: "Раяць рэдактары",
    next_episode: (season, episode) => `Далей: ${season} сезон, ${episode} серыя`,
    for_both: "Спадабаецца вам абаім",
    genre: (genre) => `Жанр: ${genre}`,
    similar_to_title: "Гэта глядзяць тыя ж гледачы",
  },

  card: {
    notInterested: (name) => `Не цікава: ${name}`,
    hidden: (name) => `«${name}» больш не пакажам`,
    rank: (rank) => `Месца ${rank}`,
    progress: (percent) => `Прагледжана ${percent}%`,
    putAway: (name) => `Прыбраць з «Працягнуць прагляд»: ${name}`,
    cut: (minutes) => `Карацей на ${minutes} хв`,
    leaves: (at) => `Да ${day(at)}`,
    series: "Серыял",
    planAndUp: (name) => `${name}+`,
  },

  planNames: { basic: "Базавы", standard: "Стандарт", premium: "Прэміум" },

  title: {
    addToList: "У мой спіс",
    onList: "У маім спісе",
    notInterested: "Не цікава",
    watchedSaid: (name) => `Улічым: вы глядзелі «${name}». Наступная старонка будзе пра гэта ведаць.`,
    ratedSaid: (n) => `Ацэнка: ${stars(n)}`,
    refused: "Не ўдалося захаваць.",
  },

  waiting: {
    title: "Поўная зала",
    lead: (seconds) =>
      `Зараз у кінатэатр хочуць усе адразу, і старонцы даводзіцца пачакаць. Яна адкрыецца сама прыкладна праз ${seconds} с.`,
  },

  failures: {
    title: "Абрыў плёнкі",
    causes: {
      offline: "Кінатэатр недаступны. Праверце злучэнне і паспрабуйце яшчэ раз.",
      unauthenticated: "Вы выйшлі. Увайдзіце зноў, каб працягнуць.",
      forbidden: "Гэтаму профілю сюды нельга.",
      "not-found": "Гэтага тут больш няма.",
      conflict: "Пакуль вы глядзелі, нешта змянілася. Абнавіце старонку і паспрабуйце яшчэ раз.",
      "too-many-requests": "Занадта хутка. Пачакайце крыху і паспрабуйце яшчэ раз.",
      unavailable: "Частка кінатэатра ненадоўга адышла. Паспрабуйце крыху пазней.",
      overloaded: "Занадта шмат гледачоў адразу. Паспрабуйце крыху пазней.",
      internal: "У нас нешта зламалася. Вы ні пры чым; паспрабуйце яшчэ раз.",
    },
    other: "Нешта пайшло не так. Паспрабуйце яшчэ раз.",
    reference: (id) => `Нумар для падтрымкі: ${id}`,
  },

  day,
  country: (code) => ownCountries[code] ?? countries.of(code) ?? code,
  runtime: (minutes) => {
    const hours = Math.floor(minutes / 60);
    if (hours === 0) return `${minutes} хв`;
    return minutes % 60 === 0 ? `${hours} гадз` : `${hours} гадз ${minutes % 60} хв`;
  },
  ageMark: (years) => `${years}+`,
  list: (names) => names.slice(0, -1).join(", ") + (names.length > 1 ? " і " : "") + (names.at(-1) ?? ""),
};
