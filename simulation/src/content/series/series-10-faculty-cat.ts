/** "The Faculty Cat": invented for the demo, its people too. */
import type { SeriesRow } from "../series-rows.ts";

export const FACULTY_CAT: SeriesRow = {
  id: "series-10",
  names: ["Кот учёного совета", "Кот вучонага савета", "The Faculty Cat"],
  plots: [
    "В старом университете говорящий кот тайно правит диссертации и спасает кафедру от закрытия.",
    "У старым універсітэце кот, які ўмее гаварыць, таемна правіць дысертацыі і ратуе кафедру ад закрыцця.",
    "In an old university a talking cat secretly corrects theses and saves a department from closure.",
  ],
  genres: ["Comedy", "Fantasy"],
  countries: ["RU", "BY"],
  ageMark: 6,
  minutes: 24,
  by: [["Platon Myatlikov", "Платон Мятликов", "Платон Мятлікаў"]],
  cast: [
    ["Evgraf Zapyataykin", "Евграф Запятайкин", "Еўграф Запятайкін"],
    ["Sonya Skrepkina", "Соня Скрепкина", "Соня Скрэпкіна"],
    ["Agniya Lastik", "Агния Ластик", "Агнія Ластык"],
  ],
  seasons: [
    {
      year: 2023,
      episodes: [
        {
          names: ["Кворум", "Кворум", "Quorum"],
          plots: [
            "Совету не хватает одного голоса, и секретарь записывает в список кота.",
            "Савету не хапае аднаго голасу, і сакратарка запісвае ў спіс ката.",
            "The council lacks one vote, and the secretary puts the cat on the list.",
          ],
        },
        {
          names: ["Рецензент", "Рэцэнзент", "The Reviewer"],
          plots: [
            "Анонимный отзыв так хорош, что автора хотят взять на работу.",
            "Ананімны водгук такі добры, што аўтара хочуць узяць на працу.",
            "An anonymous review is so good that its author is offered a job.",
          ],
        },
        {
          names: ["Сессия", "Сесія", "Exams"],
          plots: [
            "Кот принимает экзамен по телефону и никому не ставит выше четвёрки.",
            "Кот прымае экзамен па тэлефоне і нікому не ставіць вышэй за чацвёрку.",
            "The cat holds an exam by telephone and gives nobody the top mark.",
          ],
        },
        {
          names: ["Мышь в архиве", "Мыш у архіве", "A Mouse in the Archive"],
          plots: [
            "В архиве завелась мышь, которая тоже умеет читать.",
            "У архіве завялася мыш, якая таксама ўмее чытаць.",
            "A mouse that can read as well has moved into the archive.",
          ],
        },
        {
          names: ["Грант", "Грант", "The Grant"],
          plots: [
            "Кафедра выигрывает деньги на изучение котов и не знает, как сказать об этом коту.",
            "Кафедра выйграе грошы на вывучэнне катоў і не ведае, як сказаць пра гэта кату.",
            "The department wins a grant to study cats and doesn't know how to tell the cat.",
          ],
        },
        {
          names: ["Защита", "Абарона", "The Defence"],
          plots: [
            "На защите оппонент узнаёт в тексте стиль кота, который жил у него дома.",
            "На абароне апанент пазнае ў тэксце стыль ката, які жыў у яго дома.",
            "At a defence the opponent knows in the text the style of a cat who lived at his home.",
          ],
          minutes: 27,
        },
      ],
    },
    {
      year: 2024,
      episodes: [
        {
          names: ["Новый ректор", "Новы рэктар", "The New Rector"],
          plots: [
            "У нового ректора аллергия на шерсть и на учёных.",
            "У новага рэктара алергія на поўсць і на навукоўцаў.",
            "The new rector is allergic to fur and to scholars.",
          ],
        },
        {
          names: ["Конференция", "Канферэнцыя", "The Conference"],
          plots: [
            "Кот едет на конференцию в переноске и выступает за ширмой.",
            "Кот едзе на канферэнцыю ў пераносцы і выступае за шырмай.",
            "The cat goes to a conference in a carrier and speaks from behind a screen.",
          ],
        },
        {
          names: ["Плагиат", "Плагіят", "Plagiarism"],
          plots: [
            "Кто-то издаёт книгу кота под чужим именем, и это собака.",
            "Нехта выдае кнігу ката пад чужым імем, і гэта сабака.",
            "Somebody publishes the cat's book under another name, and it is a dog.",
          ],
        },
        {
          names: ["Библиотечный день", "Бібліятэчны дзень", "A Day in the Library"],
          plots: [
            "Библиотеку закрывают на ремонт, и кафедра переезжает в столовую.",
            "Бібліятэку зачыняюць на рамонт, і кафедра пераязджае ў сталовую.",
            "The library is closed for repairs, and the department moves into the canteen.",
          ],
        },
        {
          names: ["Выборы", "Выбары", "The Election"],
          plots: [
            "Кота выдвигают в деканы, и он впервые боится говорить вслух.",
            "Ката вылучаюць у дэканы, і ён упершыню баіцца гаварыць уголас.",
            "The cat is put forward for dean and for the first time is afraid to speak aloud.",
          ],
        },
        {
          names: ["Мантия", "Мантыя", "The Gown"],
          plots: [
            "Коту присуждают степень, и приходится решать, на чьё имя её писать.",
            "Кату прысуджаюць ступень, і даводзіцца вырашаць, на чыё імя яе пісаць.",
            "The cat is awarded a degree, and someone must decide whose name to write on it.",
          ],
          minutes: 27,
        },
      ],
    },
  ],
};
