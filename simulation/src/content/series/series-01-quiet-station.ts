/** "Quiet Station": invented for the demo, its people too. */
import type { SeriesRow } from "../series-rows.ts";

export const QUIET_STATION: SeriesRow = {
  id: "series-01",
  names: ["Станция Тихая", "Станцыя Ціхая", "Quiet Station"],
  plots: [
    "На полярной станции, где зимуют шестеро, приборы начинают записывать голоса, которых никто не слышит.",
    "На палярнай станцыі, дзе зімуюць шасцёра, прыборы пачынаюць запісваць галасы, якіх ніхто не чуе.",
    "At a polar station where six people spend the winter the instruments begin to record voices that nobody hears.",
  ],
  genres: ["Science fiction", "Thriller"],
  countries: ["RU"],
  ageMark: 16,
  minutes: 48,
  by: [["Vera Ostashkova", "Вера Осташкова", "Вера Асташкова"]],
  cast: [
    ["Lev Kareltsev", "Лев Карельцев", "Леў Карэльцаў"],
    ["Nina Zavyalets", "Нина Завьялец", "Ніна Заўялец"],
    ["Timur Askerbi", "Тимур Аскерби", "Цімур Аскербі"],
  ],
  seasons: [
    {
      year: 2022,
      episodes: [
        {
          names: ["Последний борт", "Апошні борт", "The Last Plane"],
          plots: [
            "Самолёт улетает до весны, и новый радист находит в журнале чужую запись.",
            "Самалёт адлятае да вясны, і новы радыст знаходзіць у журнале чужы запіс.",
            "The plane leaves until spring, and the new radio operator finds a strange entry in the log.",
          ],
        },
        {
          names: ["Частота", "Частата", "Frequency"],
          plots: [
            "Радист ловит сигнал на частоте, которой не пользуются уже сорок лет.",
            "Радыст ловіць сігнал на частаце, якой не карыстаюцца ўжо сорак гадоў.",
            "The radio operator picks up a signal on a frequency unused for forty years.",
          ],
        },
        {
          names: ["Белая мгла", "Белая імгла", "Whiteout"],
          plots: [
            "Механик уходит в метель к датчикам и возвращается на шесть часов раньше, чем ушёл.",
            "Механік сыходзіць у завіруху да датчыкаў і вяртаецца на шэсць гадзін раней, чым пайшоў.",
            "The mechanic walks to the sensors in a blizzard and comes back six hours before he left.",
          ],
        },
        {
          names: ["Шестой", "Шосты", "The Sixth"],
          plots: [
            "Врач пересчитывает всех за ужином и впервые сомневается в своей памяти.",
            "Доктарка пералічвае ўсіх за вячэрай і ўпершыню сумняваецца ў сваёй памяці.",
            "The doctor counts everyone at supper and for the first time doubts her memory.",
          ],
        },
        {
          names: ["Керн", "Керн", "The Core"],
          plots: [
            "Во льду с глубины двух километров геолог находит то, чему там не место.",
            "У лёдзе з глыбіні двух кіламетраў геолаг знаходзіць тое, чаму там не месца.",
            "In ice from two kilometres down the geologist finds something that doesn't belong there.",
          ],
        },
        {
          names: ["Эхо", "Рэха", "Echo"],
          plots: [
            "Станция отвечает на сигнал, и голос в наушниках просит больше так не делать.",
            "Станцыя адказвае на сігнал, і голас у навушніках просіць больш так не рабіць.",
            "The station answers the signal, and the voice in the headphones asks it never to do so again.",
          ],
          minutes: 57,
        },
      ],
    },
    {
      year: 2024,
      episodes: [
        {
          names: ["Смена", "Змена", "The Relief"],
          plots: [
            "Новая смена застаёт станцию в образцовом порядке и без единого человека.",
            "Новая змена застае станцыю ва ўзорным парадку і без ніводнага чалавека.",
            "The relief crew finds the station in perfect order and without a single person.",
          ],
        },
        {
          names: ["Чужой почерк", "Чужы почырк", "Another Hand"],
          plots: [
            "Начальница узнаёт свой почерк в дневнике, который видит впервые.",
            "Начальніца пазнае свой почырк у дзённіку, які бачыць упершыню.",
            "The head of the station knows her own hand in a diary that she has never seen.",
          ],
        },
        {
          names: ["Дизель", "Дызель", "Diesel"],
          plots: [
            "Топлива хватает на неделю, и экипаж решает, какой из модулей отключить.",
            "Паліва хапае на тыдзень, і экіпаж вырашае, які з модуляў адключыць.",
            "There is fuel for a week, and the crew decides which of the modules to shut down.",
          ],
        },
        {
          names: ["Гость с востока", "Госць з усходу", "A Guest from the East"],
          plots: [
            "К станции выходит человек с соседней базы, закрытой в прошлом веке.",
            "Да станцыі выходзіць чалавек з суседняй базы, зачыненай у мінулым стагоддзі.",
            "A man walks up to the station from the neighbouring base, closed in the last century.",
          ],
        },
        {
          names: ["Полярный день", "Палярны дзень", "Polar Day"],
          plots: [
            "Солнце встаёт на три недели раньше срока, и только часы с этим не согласны.",
            "Сонца ўстае на тры тыдні раней за тэрмін, і толькі гадзіннікі з гэтым не згодныя.",
            "The sun rises three weeks early, and only the clocks disagree.",
          ],
        },
        {
          names: ["Приём", "Прыём", "Over"],
          plots: [
            "Радист остаётся у аппарата, чтобы дождаться ответа, отправленного сорок лет назад.",
            "Радыст застаецца каля апарата, каб дачакацца адказу, адпраўленага сорак гадоў таму.",
            "The radio operator stays at the set to wait for an answer sent forty years ago.",
          ],
          minutes: 57,
        },
      ],
    },
  ],
};
