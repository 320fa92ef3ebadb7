/** "Bread and Gunpowder": invented for the demo, its people too. */
import type { SeriesRow } from "../series-rows.ts";

export const BREAD_AND_GUNPOWDER: SeriesRow = {
  id: "series-09",
  names: ["Хлеб и порох", "Хлеб і порах", "Bread and Gunpowder"],
  plots: [
    "В Монтане 1889 года пекарша из Старого Света защищает свою печь от скотовода, купившего весь город.",
    "У Мантане 1889 года пякарка са Старога Свету абараняе сваю печ ад жывёлавода, які купіў увесь горад.",
    "In the Montana of 1889 a baker from the Old World defends her oven from a cattleman who bought the town.",
  ],
  genres: ["Western", "Drama"],
  countries: ["US"],
  ageMark: 16,
  minutes: 51,
  by: [["Hollis Crane-Webb", "Холлис Крейн-Уэбб", "Холіс Крэйн-Уэб"]],
  cast: [
    ["Ruth Calloway-Dean", "Рут Кэллоуэй-Дин", "Рут Кэлаўэй-Дзін"],
    ["Abel Thornquist", "Эйбел Торнквист", "Эйбел Торнквіст"],
    ["Silas Marrow", "Сайлас Марроу", "Сайлас Мараў"],
  ],
  seasons: [
    {
      year: 2022,
      episodes: [
        {
          names: ["Закваска", "Рошчына", "The Starter"],
          plots: [
            "Вдова приезжает в город с бочонком закваски и бумагой на чужой дом.",
            "Удава прыязджае ў горад з бочачкай рошчыны і паперай на чужы дом.",
            "A widow comes to town with a keg of starter and a deed to a house that is taken.",
          ],
        },
        {
          names: ["Мука", "Мука", "Flour"],
          plots: [
            "Весь помол округи скупил один человек, и он не продаёт.",
            "Увесь памол акругі скупіў адзін чалавек, і ён не прадае.",
            "One man has bought all the flour of the district, and he isn't selling.",
          ],
        },
        {
          names: ["Огонь", "Агонь", "Fire"],
          plots: [
            "Ночью горит мельница, а наутро город делает вид, что спал.",
            "Уначы гарыць млын, а раніцай горад робіць выгляд, што спаў.",
            "The mill burns at night, and in the morning the town pretends to have slept.",
          ],
        },
        {
          names: ["Соль", "Соль", "Salt"],
          plots: [
            "Отставной шериф возвращает долг хлебом и теряет покой.",
            "Адстаўны шэрыф вяртае доўг хлебам і губляе спакой.",
            "A retired sheriff repays a debt in bread and loses his peace.",
          ],
        },
        {
          names: ["Корка", "Скарынка", "Crust"],
          plots: [
            "В буханке находят пулю, и пекарше приходится искать стрелка.",
            "У бохане знаходзяць кулю, і пякарцы даводзіцца шукаць стралка.",
            "A bullet is found in a loaf, and the baker has to look for the gunman.",
          ],
        },
        {
          names: ["Порох", "Порах", "Gunpowder"],
          plots: [
            "Скотовод назначает цену за печь, и она выше, чем деньги.",
            "Жывёлавод прызначае цану за печ, і яна вышэйшая за грошы.",
            "The cattleman names his price for the oven, and it is more than money.",
          ],
        },
        {
          names: ["Хлеб", "Хлеб", "Bread"],
          plots: [
            "В день выборов город завтракает у пекарши и решает, кого бояться.",
            "У дзень выбараў горад снедае ў пякаркі і вырашае, каго баяцца.",
            "On election day the town has breakfast at the baker's and decides whom to fear.",
          ],
          minutes: 60,
        },
      ],
    },
  ],
};
