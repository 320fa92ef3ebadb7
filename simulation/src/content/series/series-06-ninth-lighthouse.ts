/** "The Ninth Lighthouse": invented for the demo, its people too. */
import type { SeriesRow } from "../series-rows.ts";

export const NINTH_LIGHTHOUSE: SeriesRow = {
  id: "series-06",
  names: ["Девятый маяк", "Дзявяты маяк", "The Ninth Lighthouse"],
  plots: [
    "На побережье стоит восемь маяков, но рыбаки каждую осень видят огонь девятого.",
    "На ўзбярэжжы стаіць восем маякоў, але рыбакі кожную восень бачаць агонь дзявятага.",
    "There are eight lighthouses on the coast, but every autumn the fishermen see the light of a ninth.",
  ],
  genres: ["Thriller", "Horror"],
  countries: ["RU", "NO"],
  ageMark: 18,
  minutes: 44,
  by: [["Marfa Severina", "Марфа Северина", "Марфа Севярына"]],
  cast: [
    ["Ingvar Holmsen", "Ингвар Хольмсен", "Інгвар Хольмсен"],
    ["Zoya Beregovaya", "Зоя Береговая", "Зоя Берагавая"],
    ["Pavel Rynda", "Павел Рында", "Павел Рында"],
  ],
  seasons: [
    {
      year: 2025,
      episodes: [
        {
          names: ["Счёт огней", "Лік агнёў", "Counting Lights"],
          plots: [
            "Картограф приезжает уточнить карту побережья и насчитывает лишний огонь.",
            "Картограф прыязджае ўдакладніць карту ўзбярэжжа і налічвае лішні агонь.",
            "A cartographer comes to check the map of the coast and counts one light too many.",
          ],
        },
        {
          names: ["Смотритель", "Наглядчык", "The Keeper"],
          plots: [
            "Старый смотритель отдаёт вахтенный журнал, в котором вырваны все октябри.",
            "Стары наглядчык аддае вахтавы журнал, у якім вырваныя ўсе кастрычнікі.",
            "The old keeper hands over a log from which every October has been torn.",
          ],
        },
        {
          names: ["Туман", "Туман", "Fog"],
          plots: [
            "Сейнер идёт на огонь и выходит из тумана без команды.",
            "Сейнер ідзе на агонь і выходзіць з туману без каманды.",
            "A trawler steers for the light and leaves the fog without its crew.",
          ],
        },
        {
          names: ["Колокол", "Звон", "The Bell"],
          plots: [
            "По ночам с моря звонят, и в посёлке знают, сколько ударов надо молчать.",
            "Начамі з мора звоняць, і ў пасёлку ведаюць, колькі ўдараў трэба маўчаць.",
            "At night a bell rings from the sea, and the village knows how many strokes to keep silent.",
          ],
        },
        {
          names: ["Отлив", "Адліў", "Low Tide"],
          plots: [
            "Вода уходит дальше обычного и открывает лестницу, ведущую вниз.",
            "Вада адыходзіць далей, чым звычайна, і адкрывае лесвіцу, якая вядзе ўніз.",
            "The water goes out farther than ever and bares a stairway leading down.",
          ],
        },
        {
          names: ["Вахта", "Вахта", "The Watch"],
          plots: [
            "Картограф поднимается к лампе и понимает, для кого горит этот огонь.",
            "Картограф падымаецца да лямпы і разумее, для каго гарыць гэты агонь.",
            "The cartographer climbs to the lamp and understands for whom it burns.",
          ],
          minutes: 53,
        },
      ],
    },
  ],
};
