/** "The Salt Convoy": invented for the demo, its people too. */
import type { SeriesRow } from "../series-rows.ts";

export const SALT_CONVOY: SeriesRow = {
  id: "series-02",
  names: ["Соляной обоз", "Саляны абоз", "The Salt Convoy"],
  plots: [
    "Летом 1654 года вдова купца ведёт обоз с солью через земли, где уже идёт война.",
    "Летам 1654 года ўдава купца вядзе абоз з соллю праз землі, дзе ўжо ідзе вайна.",
    "In the summer of 1654 a merchant's widow leads a salt convoy through lands already at war.",
  ],
  genres: ["History", "Adventure"],
  countries: ["RU", "BY"],
  ageMark: 12,
  minutes: 52,
  by: [["Gleb Tverdokhod", "Глеб Твердоход", "Глеб Цвердаход"]],
  cast: [
    ["Darya Kolosnik", "Дарья Колосник", "Дар’я Каласнік"],
    ["Savva Poluyanets", "Савва Полуянец", "Сава Палуянец"],
    ["Yegor Mokhnach", "Егор Мохнач", "Ягор Махнач"],
  ],
  seasons: [
    {
      year: 2021,
      episodes: [
        {
          names: ["Долг", "Доўг", "The Debt"],
          plots: [
            "После смерти мужа Ульяна узнаёт, что всё его дело теперь лежит на двенадцати возах.",
            "Пасля смерці мужа Ульяна даведваецца, што ўся яго справа цяпер ляжыць на дванаццаці вазах.",
            "After her husband's death Uliana learns that all his trade now lies on twelve carts.",
          ],
        },
        {
          names: ["Двенадцать возов", "Дванаццаць вазоў", "Twelve Carts"],
          plots: [
            "В возчики нанимаются бывший стрелец, беглый бурсак и человек без имени.",
            "У фурманы наймаюцца былы стралец, беглы бурсак і чалавек без імя.",
            "A former musketeer, a runaway student and a man with no name hire on as drivers.",
          ],
        },
        {
          names: ["Брод", "Брод", "The Ford"],
          plots: [
            "У переправы обоз догоняют всадники, и каждый выдаёт себя за стражу.",
            "Каля пераправы абоз даганяюць коннікі, і кожны выдае сябе за варту.",
            "Riders catch up with the convoy at a ford, and each claims to be the guard.",
          ],
        },
        {
          names: ["Пустая деревня", "Пустая вёска", "The Empty Village"],
          plots: [
            "Печи в домах ещё тёплые, а людей в деревне нет.",
            "Печы ў хатах яшчэ цёплыя, а людзей у вёсцы няма.",
            "The stoves are still warm, but there is nobody in the village.",
          ],
        },
        {
          names: ["Мытарь", "Мытнік", "The Toll Keeper"],
          plots: [
            "Сборщик пошлины предлагает Ульяне сделку, от которой трудно отказаться.",
            "Зборшчык мыта прапануе Ульяне дамову, ад якой цяжка адмовіцца.",
            "A toll keeper offers Uliana a bargain that is hard to refuse.",
          ],
        },
        {
          names: ["Ночь на болоте", "Ноч на балоце", "A Night in the Marsh"],
          plots: [
            "Проводник бросает обоз среди трясины, и дорогу приходится искать по звёздам.",
            "Праваднік кідае абоз сярод багны, і дарогу даводзіцца шукаць па зорках.",
            "The guide leaves the convoy in a bog, and the way has to be found by the stars.",
          ],
        },
        {
          names: ["Чужая грамота", "Чужая грамата", "Another Man's Charter"],
          plots: [
            "Бурсак читает письмо, зашитое в мешок с солью, и жалеет об этом.",
            "Бурсак чытае ліст, зашыты ў мех з соллю, і шкадуе пра гэта.",
            "The student reads a letter sewn into a sack of salt and wishes he hadn't.",
          ],
        },
        {
          names: ["Ворота", "Вароты", "The Gates"],
          plots: [
            "Обоз добирается до города в тот самый час, когда ворота закрывают для всех.",
            "Абоз дабіраецца да горада ў тую самую гадзіну, калі вароты зачыняюць для ўсіх.",
            "The convoy reaches the city in the very hour when the gates are closed to all.",
          ],
          minutes: 61,
        },
      ],
    },
  ],
};
