/** "Granny's Flight": invented for the demo, its people too. */
import type { SeriesRow } from "../series-rows.ts";

export const GRANNYS_FLIGHT: SeriesRow = {
  id: "series-07",
  names: ["Бабушкин рейс", "Бабулін рэйс", "Granny's Flight"],
  plots: [
    "Бабушка-пилот и двое внуков развозят на старом самолёте самые странные грузы.",
    "Бабуля-лётчыца і двое ўнукаў развозяць на старым самалёце самыя дзіўныя грузы.",
    "A granny who is a pilot delivers the strangest cargo in her old plane with two grandchildren.",
  ],
  genres: ["Comedy", "Family"],
  countries: ["RU"],
  ageMark: 6,
  minutes: 13,
  by: [["Rita Samoletova", "Рита Самолётова", "Рыта Самалётава"]],
  cast: [
    ["Klavdia Pirozhkova", "Клавдия Пирожкова", "Клаўдзія Піражкова"],
    ["Matvei Ukhov", "Матвей Ухов", "Мацвей Ухаў"],
    ["Asya Zvonareva", "Ася Звонарёва", "Ася Званарова"],
  ],
  seasons: [
    {
      year: 2018,
      episodes: [
        {
          names: ["Корова в облаках", "Карова ў аблоках", "A Cow in the Clouds"],
          plots: [
            "Бабушка берётся доставить корову, которая боится высоты.",
            "Бабуля бярэцца даставіць карову, якая баіцца вышыні.",
            "Granny agrees to deliver a cow who is afraid of heights.",
          ],
        },
        {
          names: ["Сто тортов", "Сто тартоў", "A Hundred Cakes"],
          plots: [
            "Внуки обещают не пробовать груз, и полёт становится очень долгим.",
            "Унукі абяцаюць не каштаваць груз, і палёт робіцца вельмі доўгім.",
            "The grandchildren promise not to taste the cargo, and the flight becomes very long.",
          ],
        },
        {
          names: ["Пингвин без билета", "Пінгвін без білета", "A Penguin without a Ticket"],
          plots: [
            "В грузовом отсеке находится пассажир, который не хочет домой.",
            "У грузавым адсеку знаходзіцца пасажыр, які не хоча дадому.",
            "A passenger who doesn't want to go home is found in the hold.",
          ],
        },
        {
          names: ["Оркестр", "Аркестр", "The Orchestra"],
          plots: [
            "Оркестр опаздывает на концерт и играет прямо в воздухе.",
            "Аркестр спазняецца на канцэрт і грае проста ў паветры.",
            "An orchestra is late for its concert and plays in mid-air.",
          ],
        },
        {
          names: ["Снежная почта", "Снежная пошта", "Snow Mail"],
          plots: [
            "Нужно привезти снег туда, где его никто не видел, и не растерять по дороге.",
            "Трэба прывезці снег туды, дзе яго ніхто не бачыў, і не згубіць па дарозе.",
            "Snow has to be brought where nobody has seen it, and not be lost on the way.",
          ],
        },
        {
          names: ["Дедушкин компас", "Дзядулеў компас", "Grandpa's Compass"],
          plots: [
            "Старый компас показывает не на север, а туда, где бабушку ждут.",
            "Стары компас паказвае не на поўнач, а туды, дзе бабулю чакаюць.",
            "The old compass points not north but to where Granny is awaited.",
          ],
        },
        {
          names: ["Рояль", "Раяль", "The Grand Piano"],
          plots: [
            "Рояль не проходит в дверь, и внуки предлагают лететь без двери.",
            "Раяль не праходзіць у дзверы, і ўнукі прапануюць ляцець без дзвярэй.",
            "The piano won't go through the door, and the children suggest flying without one.",
          ],
        },
        {
          names: ["Гроза", "Навальніца", "The Thunderstorm"],
          plots: [
            "Бабушка учит внуков не бояться грома и немного боится сама.",
            "Бабуля вучыць унукаў не баяцца грому і крыху баіцца сама.",
            "Granny teaches the children not to fear thunder and fears it a little herself.",
          ],
        },
        {
          names: ["Медвежонок и мёд", "Медзведзяня і мёд", "The Cub and the Honey"],
          plots: [
            "Бочку мёда и медвежонка просят везти как можно дальше друг от друга.",
            "Бочку мёду і медзведзяня просяць везці як мага далей адно ад аднаго.",
            "A barrel of honey and a bear cub must fly as far apart as possible.",
          ],
        },
        {
          names: ["Юбилей", "Юбілей", "The Jubilee"],
          plots: [
            "Самолёту исполняется шестьдесят, и все его пассажиры слетаются на праздник.",
            "Самалёту спаўняецца шэсцьдзясят, і ўсе яго пасажыры злятаюцца на свята.",
            "The plane turns sixty, and all its passengers fly in for the party.",
          ],
          minutes: 16,
        },
      ],
    },
  ],
};
