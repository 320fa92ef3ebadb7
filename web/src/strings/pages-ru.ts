/** The pages that come later, in Russian. */
import { strings } from "../strings.ts";
import type { PageStrings } from "../strings-of-pages.ts";

const number = new Intl.NumberFormat("ru");
const tenths = new Intl.NumberFormat("ru", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const date = new Intl.DateTimeFormat("ru", { day: "numeric", month: "long", year: "numeric" });
const rules = new Intl.PluralRules("ru");
/** `other` is the form of fractions. */
const counted = (n: number, one: string, few: string, many: string, other = few) =>
  `${number.format(n)} ${{ one, few, many, other, zero: many, two: few }[rules.select(n)]}`;
const titles = (n: number) => counted(n, "название", "названия", "названий");

export const pageStrings: PageStrings = {
  welcome: {
    title: "Кто вы сегодня?",
    tagline: "Кинотеатр, который замечает, что вам нравится, и говорит, почему показывает именно это.",
    lead: "Это демонстрационный мир. Войдите за любого зрителя: у большинства за плечами полгода просмотров.",
    filter: "Найти зрителя по имени или стране",
    enter: (name) => `Войти: ${name}`,
    profiles: (n) => counted(n, "профиль", "профиля", "профилей"),
    none: "Зрителя с таким именем нет.",
    closed: "Входите",
    closedLead: "Фильмы и сериалы на вашем языке и страница, которая знает ваш последний клик.",
    own: "Или со своим аккаунтом",
  },

  door: {
    signIn: "Войти",
    signUp: "Зарегистрироваться",
    email: "Эл. почта",
    password: "Пароль",
    newPassword: "Новый пароль",
    passwordHint: "Не меньше 8 символов; хорошо подходит фраза из нескольких слов.",
    forgot: "Я не помню пароль",
    haveAccount: "У меня есть аккаунт",
    joinTitle: "Место для вас",
    joinLead: "Мы пришлём ссылку на этот адрес. Аккаунт появится, когда вы её откроете.",
    join: "Прислать ссылку",
    mailTitle: "Загляните в почту",
    mailLead: (email) => `Если адрес ${email} подходит, письмо со ссылкой уже в пути. Ссылка действует сутки.`,
    mailAgain: "Прислать ещё раз",
    mailAgainSaid: "Отправили ещё раз, если было что отправить.",
    verifyTitle: "Последний шаг",
    verifyLead: "Введите пароль, который вы выбрали при регистрации: так аккаунт не откроет никто, кроме вас.",
    verify: "Открыть аккаунт",
    forgotTitle: "Новый пароль",
    forgotLead: "Мы пришлём ссылку на ваш адрес. Она действует час.",
    resetLead: "Новый пароль завершит сеансы на всех устройствах.",
    reset: "Задать пароль",
    resetDone: "Новый пароль задан. Войдите с ним.",
    confirmTitle: "Ваш новый адрес",
    confirmLead: "Отныне вы входите с этим адресом.",
    confirm: "Подтвердить адрес",
    confirmDone: "Адрес подтверждён.",
    noToken: "Эта страница открывается по ссылке из нашего письма. Похоже, ссылка обрезана: скопируйте её целиком.",
  },

  wrongPassword: "Пароль не подходит.",
  problems: {
    "wrong-credentials": "Почта или пароль не подходят.",
    "link-expired": "Ссылка уже использована или устарела. Запросите новую.",
    "bad-request": "Что-то в форме заполнено не так.",
    "profile-guarded":
      "Не подходит. После нескольких неверных PIN-кодов замок ненадолго перестаёт отвечать; пароль аккаунта открывает всегда.",
    forbidden: "Из этого профиля это невозможно.",
    "too-many-requests": "Слишком много попыток. Подождите немного перед следующей.",
  },

  profiles: {
    title: "Кто смотрит?",
    choose: (name) => `Смотреть: ${name}`,
    kids: (years) => (years === 0 ? "Для самых маленьких" : `До ${years}+`),
    none: "В этом аккаунте нет профилей.",
    manage: "Аккаунт и профили",
    locked: "Закрыт PIN-кодом",
    pinTitle: (name) => `${name}: нужен PIN-код`,
    guardedTitle: (name) => `Профиль «${name}»`,
    guardedLead: "Из детского профиля выходят с паролем аккаунта.",
    pin: "PIN-код",
    usePassword: "Ввести пароль аккаунта",
    usePin: "Ввести PIN-код",
    open: "Открыть",
    back: "Назад",
  },

  account: {
    title: "Аккаунт",
    language: "Язык",
    languageLead: "Страниц, названий и наших писем.",
    signedInAs: "Вы входите как",
    demo: "Этот аккаунт из демонстрационного мира: у него нет пароля, и его профили нельзя изменить.",
    profiles: "Профили",
    add: "Добавить профиль",
    edit: (name) => `Изменить: ${name}`,
    name: "Имя",
    age: "Фильмы до",
    adult: "Все, профиль взрослого",
    age0: "Только 0+, для самых маленьких",
    upTo: (years) => `${years}+`,
    editShort: "Изменить",
    ownLanguage: "Язык",
    accountLanguage: "Как у аккаунта",
    save: "Сохранить",
    saved: "Сохранено",
    cancel: "Отмена",
    passwordForAge: "Пароль аккаунта (чтобы сменить возраст)",
    pinSection: "PIN-код",
    pinHint: "От 4 до 6 цифр",
    setPin: "Задать PIN-код",
    removePin: "Снять PIN-код",
    accountPassword: "Пароль аккаунта",
    erase: "Удалить профиль",
    eraseLead: "Его история, оценки и список забываются навсегда.",
    eraseFor: (name) => `Удалить «${name}» навсегда`,
    erased: (name) => `Профиль «${name}» удалён`,
    devices: "Устройства",
    thisDevice: "Это устройство",
    lastSeen: (day) => `Последний вход ${date.format(new Date(day))}`,
    signOutThere: (name) => `Выйти на устройстве ${name}`,
    signOut: "Выйти",
    signedOutThere: (name) => `Сеанс завершён: ${name}`,
    everywhere: "Выйти везде",
    everywhereLead: "И здесь тоже.",
    password: "Пароль",
    currentPassword: "Нынешний пароль",
    change: "Сменить пароль",
    done: "К профилям",
  },

  search: {
    title: "Поиск",
    field: "Фильмы, сериалы, люди",
    hint: "Наберите название: можно с ошибками, латиницей или не в той раскладке.",
    clear: "Очистить",
    found: (n) => `Найдено: ${titles(n)}`,
    searching: "Ищем…",
    absent: (query) => `«${query}» у нас нет`,
    nothing: (query) => `По запросу «${query}» с этими фильтрами ничего нет`,
    absentLead: "Оставьте заявку, и мы скажем, когда появится.",
    wish: "Сообщить, когда появится",
    wished: "Сообщим",
    wishedSaid: (query) => `Сообщим, когда появится «${query}»`,
    nearest: "Самое близкое",
    read: { layout: "Прочитано как", sound: "Показано для", typos: "Показано для" },
    filters: "Фильтры",
    dropFilters: "Снять все фильтры",
    genre: "Жанр",
    kind: "Вид",
    decade: "Годы",
    country: "Страна",
    more: "Показать ещё",
  },

  person: {
    director: "Режиссёр",
    cast: "В ролях",
    titles,
  },

  title: {
    watched: "Я это смотрел(а)",
    watchedDone: "Просмотрено",
    notInterestedDone: "Больше не покажем",
    yourRating: "Ваша оценка",
    stars: (n) => counted(n, "звезда", "звезды", "звёзд"),
    clearRating: "Убрать оценку",
    noRating: "Пока без оценки",
    similar: "Похожее",
    similarEmpty: "Достаточно похожего пока нет.",
    directors: (n) => (n === 1 ? "Режиссёр" : "Режиссёры"),
    cast: "В ролях",
    score: (score, votes) =>
      votes === null
        ? `${tenths.format(score)} из 10`
        : `${tenths.format(score)} из 10 · ${counted(votes, "голос", "голоса", "голосов")}`,
    scoreLabel: "Оценка",
    genres: "Жанры",
    countries: (n) => (n === 1 ? "Страна" : "Страны"),
    country: (code) => strings.country(code),
    original: "В оригинале",
    seasons: "Серии",
    seasonCount: (n) => counted(n, "сезон", "сезона", "сезонов"),
    season: (n) => (n === 0 ? "Спецвыпуски" : `Сезон ${n}`),
    episode: (n) => `Серия ${n}`,
    cutLead: (minutes) => `Эта версия на ${minutes} мин короче полного фильма.`,
    plans: (names) => `В тарифах ${names}`,
  },

  collections: {
    kicker: "Подборка",
    title: "Подборки",
  },

  myList: {
    title: "Мой список",
    remove: (name) => `Убрать из списка: ${name}`,
    removed: (name) => `«${name}» больше не в списке`,
    emptyTitle: "Список пуст",
    emptyLead: "Добавьте фильм с его страницы, и он подождёт вас здесь.",
  },

  notFound: {
    title: "Плёнка кончилась",
    lead: "Такой страницы нет. Возможно, в адресе опечатка или фильм ушёл из кинотеатра.",
  },

  continueRow: {
    hidden: (name) => `«${name}» больше нет в этом ряду; место остановки помним`,
  },
};
