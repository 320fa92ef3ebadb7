/** "The Clockmaker of Grodno": invented for the demo, its people too. */
import type { SeriesRow } from "../series-rows.ts";

export const CLOCKMAKER: SeriesRow = {
  id: "series-05",
  names: ["Часовщик из Гродно", "Гадзіннікар з Гродна", "The Clockmaker of Grodno"],
  plots: [
    "В конце XVIII века мастер чинит башенные часы и узнаёт тайны тех, кто ими управляет.",
    "У канцы XVIII стагоддзя майстар рамантуе вежавы гадзіннік і даведваецца таямніцы тых, хто ім кіруе.",
    "At the end of the eighteenth century a master repairs a tower clock and learns the secrets of its owners.",
  ],
  genres: ["History", "Drama"],
  countries: ["BY", "PL"],
  ageMark: 12,
  minutes: 55,
  by: [["Kazimir Drogosz", "Казимир Дрогош", "Казімір Драгаш"]],
  cast: [
    ["Ludwik Sarnat", "Людвик Сарнат", "Людвік Сарнат"],
    ["Hanna Milkevich", "Ганна Милькевич", "Ганна Мількевіч"],
    ["Tadevush Barsuk", "Тадеуш Барсук", "Тадэвуш Барсук"],
  ],
  seasons: [
    {
      year: 2019,
      episodes: [
        {
          names: ["Башня", "Вежа", "The Tower"],
          plots: [
            "Часы на башне отстают ровно на день, и магистрат винит в этом мастера.",
            "Гадзіннік на вежы спазняецца роўна на дзень, і магістрат вінаваціць у гэтым майстра.",
            "The tower clock is exactly one day slow, and the town council blames the master.",
          ],
        },
        {
          names: ["Маятник", "Маятнік", "The Pendulum"],
          plots: [
            "Внутри маятника мастер находит письмо, адресованное не ему.",
            "Унутры маятніка майстар знаходзіць ліст, адрасаваны не яму.",
            "Inside the pendulum the master finds a letter that isn't for him.",
          ],
        },
        {
          names: ["Подмастерье", "Чаляднік", "The Apprentice"],
          plots: [
            "В мастерскую просится девушка, которая разбирает замки быстрее, чем часы.",
            "У майстэрню просіцца дзяўчына, якая разбірае замкі хутчэй, чым гадзіннікі.",
            "A girl who takes locks apart faster than clocks asks to be taken on.",
          ],
        },
        {
          names: ["Сейм", "Сейм", "The Sejm"],
          plots: [
            "Город наполняется послами, и каждому нужны часы, которые покажут его время.",
            "Горад напаўняецца пасламі, і кожнаму патрэбны гадзіннік, які пакажа яго час.",
            "Envoys fill the town, and each wants a clock that shows his own time.",
          ],
        },
        {
          names: ["Шестерня", "Шасцярня", "The Gear"],
          plots: [
            "Пропажа одной шестерни может остановить не только часы, но и договор.",
            "Знікненне адной шасцярні можа спыніць не толькі гадзіннік, але і дагавор.",
            "One missing gear may stop not only a clock but a treaty.",
          ],
        },
        {
          names: ["Полдень", "Поўдзень", "Noon"],
          plots: [
            "Мастер должен решить, прозвонят ли часы в назначенную минуту.",
            "Майстар мусіць вырашыць, ці празвоніць гадзіннік у прызначаную хвіліну.",
            "The master has to decide whether the clock will strike at the appointed minute.",
          ],
          minutes: 64,
        },
      ],
    },
  ],
};
