/** The frame and home in Russian. */
import type { Strings } from "../strings.ts";

const countries = new Intl.DisplayNames(["ru"], { type: "region", fallback: "code" });
const day = new Intl.DateTimeFormat("ru", { day: "numeric", month: "long" });
const rules = new Intl.PluralRules("ru");
const stars = (n: number) =>
  `${n.toLocaleString("ru")} ${{ one: "звезда", few: "звезды", many: "звёзд", other: "звезды" }[rules.select(n) as "one"]}`;

export const strings: Strings = {
  appName: "TheWatcher",
  pageTitle: (page) => `${page} · TheWatcher`,
  skipToContent: "К содержанию",
  loading: "Загружается",
  retry: "Попробовать ещё раз",
  undo: "Вернуть",
  dismiss: "Закрыть",
  backHome: "На главную",

  nav: {
    label: "Разделы",
    home: "Главная",
    myList: "Мой список",
    search: "Поиск",
    switchProfile: "Сменить профиль",
    signOut: "Выйти",
  },

  home: {
    title: "Главная",
    heroKicker: "Выбрано для вас",
    more: "О фильме",
    updated: "Обновлено для вас",
    updatedBecause: (name) => `Обновлено: вы смотрели «${name}»`,
    emptyTitle: "Пока нечего показать",
    emptyLead: "Первые подборки готовятся: после запуска кинотеатра это занимает несколько секунд.",
    partial: "Некоторых рядов сейчас нет; остальное как обычно.",
    scrollBack: (row) => `Назад: ${row}`,
    scrollOn: (row) => `Дальше: ${row}`,
    wishes: "Что подойдёт сегодня",
    minutes: "У меня есть",
    anyLength: "сколько угодно времени",
    minutesOf: (minutes) => `${minutes} мин`,
    along: "Со мной смотрит",
    alone: "никто",
    dropWishes: "Без условий",
    nothingFits: "Такого не нашлось",
    nothingFitsLead: "Если времени больше или компания другая, найдётся.",
    unprofiled: "Персонализация выключена: ваша история не читается.",
    technologies: "На информационном ресурсе применяются рекомендательные технологии.",
    rules: "По каким правилам мы рекомендуем",
    taste: "Мои вкусы",
  },

  rows: {
    continue_watching: "Продолжить просмотр",
    because_you_watched: (name) => `Вы смотрели «${name}»`,
    top_picks: "Лучшее для вас",
    top_in_country: (country) => `Топ-10: ${country}`,
    top: "Топ-10",
    popular_in_country: (country) => `Популярно: ${country}`,
    popular: "Популярно сейчас",
    new: "Новое в кинотеатре",
    trending: "Набирает популярность",
    segment: "Выбор зрителей с похожим вкусом",
    for_two: "Для вас двоих",
    genre: (genre) => genre,
  },

  reasons: {
    because_you_watched: (name) => `Вы смотрели «${name}»`,
    similar_to_history: "Похоже на то, что вы смотрите",
    similar_to_named: (names) => `Похоже на ${names}`,
    popular_in_country: (rank, country) => `№ ${rank}: ${country}`,
    popular: (rank) => `№ ${rank} среди всех`,
    new: "Новинка",
    newFrom: (year) => `Новинка · ${year}`,
    continue_watching: "Вы остановились здесь",
    minutesLeft: (minutes) => `Осталось ${minutes} мин`,
    trending_in_country: (country) => `Смотрят всё чаще: ${country}`,
    popular_in_segment: "Любят зрители с похожим вкусом",
    editorial: (name) => `Из подборки «${name}»`,
    exploration: "Попробуйте новое",
    pinned: "Советуют редакторы",
    next_episode: (season, episode) => `Дальше: ${season} сезон, ${episode} серия`,
    for_both: "Понравится вам обоим",
    genre: (genre) => `Жанр: ${genre}`,
    similar_to_title: "Это смотрят те же зрители",
  },

  card: {
    notInterested: (name) => `Не интересно: ${name}`,
    hidden: (name) => `«${name}» больше не покажем`,
    rank: (rank) => `Место ${rank}`,
    progress: (percent) => `Просмотрено ${percent}%`,
    putAway: (name) => `Убрать из «Продолжить просмотр»: ${name}`,
    cut: (minutes) => `Короче на ${minutes} мин`,
    leaves: (at) => `До ${strings.day(at)}`,
    series: "Сериал",
    planAndUp: (name) => `${name}+`,
  },

  planNames: { basic: "Базовый", standard: "Стандарт", premium: "Премиум" },

  title: {
    addToList: "В мой список",
    onList: "В моём списке",
    notInterested: "Не интересно",
    watchedSaid: (name) => `Учтём: вы смотрели «${name}». Следующая страница будет об этом знать.`,
    ratedSaid: (n) => `Оценка: ${stars(n)}`,
    refused: "Не удалось сохранить.",
  },

  waiting: {
    title: "Полный зал",
    lead: (seconds) =>
      `Сейчас в кинотеатр хотят все сразу, и странице приходится подождать. Она откроется сама примерно через ${seconds} с.`,
  },

  failures: {
    title: "Обрыв плёнки",
    causes: {
      offline: "Кинотеатр недоступен. Проверьте соединение и попробуйте ещё раз.",
      unauthenticated: "Вы вышли. Войдите снова, чтобы продолжить.",
      forbidden: "Этому профилю сюда нельзя.",
      "not-found": "Этого здесь больше нет.",
      conflict: "Пока вы смотрели, что-то изменилось. Обновите страницу и попробуйте ещё раз.",
      "too-many-requests": "Слишком быстро. Подождите немного и попробуйте ещё раз.",
      unavailable: "Часть кинотеатра ненадолго отошла. Попробуйте чуть позже.",
      overloaded: "Слишком много зрителей сразу. Попробуйте чуть позже.",
      internal: "У нас что-то сломалось. Вы ни при чём; попробуйте ещё раз.",
    },
    other: "Что-то пошло не так. Попробуйте ещё раз.",
    reference: (id) => `Номер для поддержки: ${id}`,
  },

  day: (at) => day.format(new Date(at)),
  country: (code) => countries.of(code) ?? code,
  runtime: (minutes) => {
    const hours = Math.floor(minutes / 60);
    if (hours === 0) return `${minutes} мин`;
    return minutes % 60 === 0 ? `${hours} ч` : `${hours} ч ${minutes % 60} мин`;
  },
  ageMark: (years) => `${years}+`,
  list: (names) => new Intl.ListFormat("ru").format(names),
};
