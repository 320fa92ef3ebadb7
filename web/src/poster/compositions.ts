/**
 * The art of drawn posters: each composition fills a rectangle of any proportion (a poster's upper part, a wide
 * backdrop) with flat shapes, in the manner of mid-century printed film posters. Scenes end in the colour of the ground, so that
 * the lettering below continues them. Pure: the same chance, size and palette give the same shapes.
 */
import type { Chance } from "./chance.ts";
import type { Palette } from "./palettes.ts";

export type Shape =
  | {
      readonly kind: "rect";
      x: number;
      y: number;
      width: number;
      height: number;
      fill: string;
      rounding?: number;
      opacity?: number;
    }
  | { readonly kind: "disc"; x: number; y: number; radius: number; fill: string; opacity?: number }
  | {
      readonly kind: "ring";
      x: number;
      y: number;
      radius: number;
      radiusY?: number;
      turn?: number;
      thickness: number;
      stroke: string;
    }
  | { readonly kind: "path"; d: string; fill: string; opacity?: number };

export interface Area {
  readonly width: number;
  readonly height: number;
  readonly colours: Palette;
}

export type Composition = (chance: Chance, area: Area) => Shape[];

const rect = (x: number, y: number, width: number, height: number, fill: string, rounding = 0): Shape =>
  rounding === 0 ? { kind: "rect", x, y, width, height, fill } : { kind: "rect", x, y, width, height, fill, rounding };
const disc = (x: number, y: number, radius: number, fill: string): Shape => ({ kind: "disc", x, y, radius, fill });
const ring = (x: number, y: number, radius: number, thickness: number, stroke: string): Shape => ({
  kind: "ring",
  x,
  y,
  radius,
  thickness,
  stroke,
});
const faint = (shape: Extract<Shape, { opacity?: number }>, opacity: number): Shape => ({ ...shape, opacity });

type Point = readonly [x: number, y: number];
const polygon = (points: readonly Point[], fill: string): Extract<Shape, { kind: "path" }> => ({
  kind: "path",
  d: `M${points.map(([x, y]) => `${round(x)} ${round(y)}`).join("L")}Z`,
  fill,
});
/** A tenth of a unit is finer than a pixel; it keeps the markup short. */
const round = (value: number) => Math.round(value * 10) / 10;
/** A dark figure's colour: the ground's, or where the field has the same colour, the darkest. */
const figure = (colours: Palette) => (colours.ground === colours.field ? colours.c : colours.ground);
const shorter = ({ width, height }: Area) => Math.min(width, height);
/** A path's text, its numbers rounded. */
const path = (texts: TemplateStringsArray, ...values: readonly (number | string)[]) =>
  String.raw({ raw: texts }, ...values.map((value) => (typeof value === "number" ? round(value) : value)));
const times = <Value>(count: number, make: (index: number) => Value): Value[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** A ridge from edge to edge: `steps` peaks of uneven height standing at `baseY`, filled to the bottom. */
function ridge(chance: Chance, area: Area, baseY: number, heightMax: number, steps: number, fill: string): Shape {
  const stride = area.width / steps;
  const points: Point[] = [[-stride, area.height + 2]];
  for (let i = -1; i <= steps; i++) {
    const x = i * stride + chance.between(0, stride * 0.4);
    points.push([x, baseY]);
    points.push([x + stride * chance.between(0.4, 0.65), baseY - heightMax * chance.between(0.45, 1)]);
  }
  points.push([area.width + stride, baseY], [area.width + stride, area.height + 2]);
  return polygon(points, fill);
}

const stars = (chance: Chance, area: Area, count: number, fill: string): Shape[] =>
  times(count, () =>
    disc(chance.between(0, area.width), chance.between(0, area.height * 0.8), chance.between(0.5, 1.5), fill),
  );

/** A low sun over water, its light broken by the waves. */
const horizon: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const radius = shorter(area) * chance.between(0.27, 0.36);
  const x = width * chance.between(0.32, 0.68);
  const waterY = height * chance.between(0.56, 0.64);
  const bands = 6;
  return [
    disc(x, waterY - radius * chance.between(0, 0.35), radius, colours.a),
    rect(0, waterY, width, height - waterY, colours.c),
    ...times(bands, (i) => {
      const share = i / bands;
      const half = radius * (1 - share * 0.75) * chance.between(0.75, 1.1);
      const thickness = Math.max(1.5, (height - waterY) * 0.05);
      return rect(
        x - half,
        waterY + (height - waterY) * (share * 0.85 + 0.06),
        half * 2,
        thickness,
        i % 2 ? colours.a : colours.b,
        thickness / 2,
      );
    }),
    rect(0, height - 2, width, 4, colours.ground),
  ];
};

/** A head against a disc, one side of the face in light. */
const portrait: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const unit = shorter(area);
  const x = width * chance.between(0.42, 0.58);
  const headX = unit * 0.17;
  const headY = unit * 0.23;
  const y = height - unit * 0.5;
  const lit = chance.pick([0, 1]);
  const shoulders = (half: number, fill: string): Shape => ({
    kind: "path",
    d: path`M${x - half} ${height + 2}C${x - half} ${y + unit * 0.3} ${x - unit * 0.1} ${y + unit * 0.34} ${x - unit * 0.08} ${y + unit * 0.1}H${x + unit * 0.08}C${x + unit * 0.1} ${y + unit * 0.34} ${x + half} ${y + unit * 0.3} ${x + half} ${height + 2}Z`,
    fill,
  });
  return [
    disc(x + unit * chance.between(-0.16, 0.16), y + unit * 0.02, unit * chance.between(0.4, 0.48), colours.a),
    shoulders(unit * 0.44, figure(colours)),
    {
      kind: "path",
      d: path`M${x} ${y - headY}a${headX} ${headY} 0 0 0 0 ${headY * 2}a${headX} ${headY} 0 0 0 0 ${-headY * 2}`,
      fill: figure(colours),
    },
    {
      kind: "path",
      d: path`M${x} ${y - headY}a${headX} ${headY} 0 0 ${lit} 0 ${headY * 2}Z`,
      fill: colours.b,
    },
  ];
};

/** A lit door in a dark room, and someone in it. */
const door: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const unit = shorter(area);
  const x = width * chance.between(0.3, 0.7);
  const half = unit * chance.between(0.13, 0.18);
  const top = height * chance.between(0.12, 0.22);
  const floorY = height * 0.74;
  const lean = unit * chance.between(-0.3, 0.3);
  const head = half * 0.24;
  const stand = x + half * chance.between(-0.3, 0.3);
  return [
    rect(0, 0, width, height + 2, colours.c),
    rect(0, floorY, width, height - floorY + 2, figure(colours)),
    polygon(
      [
        [x - half, floorY],
        [x + half, floorY],
        [x + half * 2 + lean, height + 2],
        [x - half * 2 + lean, height + 2],
      ],
      colours.a,
    ),
    rect(x - half, top, half * 2, floorY - top, colours.b),
    rect(stand - head * 1.1, floorY - head * 6.4, head * 2.2, head * 6.4, colours.c, head),
    disc(stand, floorY - head * 7.4, head, colours.c),
    polygon(
      [
        [stand - head, floorY],
        [stand + head, floorY],
        [stand + head * 1.6 + lean, height + 2],
        [stand - head * 1.6 + lean, height + 2],
      ],
      colours.c,
    ),
  ];
};

/** Tiles of quarter circles, halves and discs. */
const tiles: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const columns = Math.max(3, Math.round(width / (shorter(area) / 3)));
  const cell = width / columns;
  const rows = Math.ceil(height / cell);
  const inks = [colours.a, colours.b, colours.c] as const;
  const shapes: Shape[] = [];
  for (let i = 0; i < rows * columns; i++) {
    const x = (i % columns) * cell;
    const y = height - (Math.floor(i / columns) + 1) * cell;
    const fill = chance.pick(inks);
    const half = cell / 2;
    switch (chance.whole(0, 5)) {
      case 0:
        shapes.push({
          kind: "path",
          d: path`M${x} ${y}h${cell}a${cell} ${cell} 0 0 1 ${-cell} ${cell}Z`,
          fill,
        });
        break;
      case 1:
        shapes.push({
          kind: "path",
          d: path`M${x} ${y + cell}a${cell} ${cell} 0 0 1 ${cell} ${-cell}v${cell}Z`,
          fill,
        });
        break;
      case 2:
        shapes.push(disc(x + half, y + half, half, fill));
        break;
      case 3:
        shapes.push({
          kind: "path",
          d: path`M${x} ${y + half}a${half} ${half} 0 0 1 ${cell} 0Z`,
          fill,
        });
        shapes.push({
          kind: "path",
          d: path`M${x} ${y + cell}a${half} ${half} 0 0 1 ${cell} 0Z`,
          fill: chance.pick(inks),
        });
        break;
      case 4:
        shapes.push(rect(x, y, cell, cell, fill), disc(x + half, y + half, half * 0.5, colours.field));
        break;
      default:
        break;
    }
  }
  return shapes;
};

/** A face: round or square, wide awake or winking, laughing, smiling or amazed. */
const grin: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const radius = shorter(area) * chance.between(0.34, 0.41);
  const x = width / 2 + chance.between(-0.06, 0.06) * width;
  const y = height * 0.54;
  const look = radius * chance.between(-0.2, 0.2);
  const eyeY = y - radius * chance.between(0.14, 0.28);
  const apart = radius * chance.between(0.3, 0.42);
  const eyeSize = radius * chance.between(0.09, 0.15);
  const half = radius * chance.between(0.34, 0.56);
  const mouthY = y + radius * chance.between(0.16, 0.3);
  const [skin, accent] = chance.pick([
    [colours.a, colours.b],
    [colours.b, colours.a],
  ]);
  const dark = figure(colours);
  const eyes = {
    open: [disc(x + look - apart, eyeY, eyeSize, dark), disc(x + look + apart, eyeY, eyeSize, dark)],
    wink: [
      disc(x + look - apart, eyeY, eyeSize, dark),
      rect(x + look + apart - eyeSize * 1.3, eyeY - eyeSize * 0.3, eyeSize * 2.6, eyeSize * 0.6, dark, eyeSize * 0.3),
    ],
    glasses: [-1, 1].flatMap((side) => [
      ring(x + look + side * apart, eyeY, eyeSize * 2, eyeSize * 0.5, dark),
      disc(x + look + side * apart, eyeY, eyeSize * 0.7, dark),
    ]),
  };
  const arc = `a${round(half)} ${round(half)} 0 0 0 ${round(half * 2)} 0`;
  const mouths: Record<"laugh" | "smile" | "amazed" | "crooked", Shape> = {
    laugh: { kind: "path", d: path`M${x + look - half} ${mouthY}${arc}Z`, fill: dark },
    smile: {
      kind: "path",
      d: path`M${x + look - half} ${mouthY}${arc}q${-half} ${half * 1.2} ${-half * 2} 0Z`,
      fill: dark,
    },
    amazed: disc(x + look, mouthY + radius * 0.16, radius * 0.17, dark),
    crooked: polygon(
      [
        [x + look - half, mouthY + radius * 0.14],
        [x + look + half, mouthY - radius * 0.02],
        [x + look + half, mouthY + radius * 0.1],
        [x + look - half, mouthY + radius * 0.26],
      ],
      dark,
    ),
  };
  const corner = radius * chance.pick([1, 1, 0.34]);
  return [
    ...times(3, () =>
      disc(chance.between(0, width), chance.between(0, height), shorter(area) * chance.between(0.05, 0.13), accent),
    ),
    rect(x - radius, y - radius, radius * 2, radius * 2, skin, corner),
    ...eyes[chance.pick(["open", "open", "wink", "glasses"])],
    mouths[chance.pick(["laugh", "smile", "amazed", "crooked"])],
  ];
};

/** A checkerboard, and one piece that does not belong. */
const checker: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const columns = Math.max(4, Math.round(width / (shorter(area) / 4)));
  const cell = width / columns;
  const rows = Math.ceil(height / cell);
  const x = (chance.whole(1, columns - 2) + 0.5) * cell;
  const y = height - (chance.whole(1, Math.max(1, rows - 2)) + 0.5) * cell;
  return [
    ...times(rows * columns, (i) => i)
      .filter((i) => ((i % columns) + Math.floor(i / columns)) % 2 === 0)
      .map((i) =>
        rect((i % columns) * cell, height - (Math.floor(i / columns) + 1) * cell, cell + 0.3, cell + 0.3, colours.c),
      ),
    disc(x, y, cell * 0.98, colours.a),
    disc(x - cell * 0.3, y - cell * 0.3, cell * 0.2, colours.b),
  ];
};

/** Rays from a point at the foot. */
const burst: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const x = width * chance.between(0.25, 0.75);
  const y = height * chance.between(0.7, 0.95);
  const reach = width + height;
  const rays = chance.whole(11, 15);
  const turn = chance.between(0, 0.4);
  const at = (angle: number): Point => [x + Math.cos(angle) * reach, y + Math.sin(angle) * reach];
  const unit = shorter(area);
  return [
    ...times(rays, (i) => {
      const from = ((i + turn) / rays) * Math.PI * 2;
      return polygon([[x, y], at(from), at(from + Math.PI / rays)], i % 3 === 0 ? colours.a : colours.c);
    }),
    disc(x, y, unit * 0.3, colours.b),
    disc(x, y, unit * 0.2, colours.a),
    disc(x, y, unit * 0.1, colours.ground),
  ];
};

/** Mountains in three depths under a sun. */
const peaks: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const unit = shorter(area);
  const count = Math.max(2, Math.round(width / unit) + 1);
  return [
    disc(
      width * chance.between(0.2, 0.8),
      height * chance.between(0.24, 0.4),
      unit * chance.between(0.13, 0.2),
      colours.b,
    ),
    ridge(chance, area, height * 0.78, height * 0.42, count, colours.a),
    ridge(chance, area, height * 0.88, height * 0.34, count + 1, colours.c),
    ridge(chance, area, height * 0.99, height * 0.2, count + 2, colours.ground),
  ];
};

/** A lamp behind a blind. */
const blinds: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const slats = chance.whole(8, 11);
  const pitch = height / slats;
  const radius = shorter(area) * chance.between(0.36, 0.46);
  return [
    disc(width * chance.between(0.3, 0.7), height * chance.between(0.4, 0.55), radius, colours.a),
    disc(width * chance.between(0.3, 0.7), height * chance.between(0.4, 0.6), radius * 0.36, colours.b),
    ...times(slats, (i) => rect(0, i * pitch, width, pitch * (0.16 + (0.72 * i) / slats), colours.ground)),
  ];
};

/** A town at night with a few lit windows. */
const skyline: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const unit = shorter(area);
  const shapes: Shape[] = [
    disc(
      width * chance.between(0.2, 0.8),
      height * chance.between(0.24, 0.36),
      unit * chance.between(0.14, 0.24),
      colours.b,
    ),
  ];
  const row = (scale: number, fill: string, lamps: number) => {
    for (let x = -unit * 0.05; x < width; ) {
      const across = unit * chance.between(0.1, 0.2);
      const top = height - unit * scale * chance.between(0.45, 1);
      shapes.push(rect(x, top, across, height - top + 2, fill));
      const size = across * 0.16;
      for (let i = 0; i < lamps; i++)
        shapes.push(
          rect(
            x + across * chance.pick([0.2, 0.42, 0.64]),
            top + size * 2 * chance.whole(1, 7),
            size,
            size * 1.3,
            colours.a,
          ),
        );
      x += across + unit * chance.pick([0, 0, 0.02]);
    }
  };
  row(0.78, colours.c, 0);
  row(0.5, colours.ground, 2);
  return shapes;
};

/** An eye that looks back. */
const eye: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const unit = shorter(area);
  const x = width / 2;
  const y = height * chance.between(0.46, 0.54);
  const half = unit * 0.47;
  const open = unit * chance.between(0.46, 0.62);
  const look = unit * chance.between(-0.1, 0.1);
  const almond = (share: number, fill: string): Shape => ({
    kind: "path",
    d: path`M${x - half * share} ${y}Q${x} ${y - open * share} ${x + half * share} ${y}Q${x} ${y + open * share} ${x - half * share} ${y}Z`,
    fill,
  });
  return [
    ...times(4, (i) => almond(2.1 - i * 0.34, i % 2 ? colours.field : colours.c)),
    almond(1, colours.b),
    disc(x + look, y, open * 0.42, colours.a),
    disc(x + look, y, open * 0.2, colours.ground),
    disc(x + look + open * 0.11, y - open * 0.13, open * 0.07, colours.b),
  ];
};

/** A planet with its ring, and companions. */
const orbits: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const unit = shorter(area);
  const x = width * chance.between(0.36, 0.64);
  const y = height * chance.between(0.44, 0.58);
  const radius = unit * chance.between(0.2, 0.28);
  const turn = chance.between(-34, 34);
  const paths = times(
    3,
    (i): Shape => ({
      kind: "ring",
      x,
      y,
      radius: radius * (1.55 + i * 0.42),
      radiusY: radius * (0.42 + i * 0.16),
      turn,
      thickness: i === 0 ? radius * 0.12 : 1,
      stroke: i === 0 ? colours.a : colours.b,
    }),
  );
  const moonAngle = chance.between(0, Math.PI * 2);
  return [
    ...stars(chance, area, Math.round((34 * width) / 200), colours.ink),
    disc(x, y, radius, colours.b),
    {
      kind: "path",
      d: path`M${x} ${y - radius}a${radius} ${radius} 0 0 1 0 ${radius * 2}a${radius * 1.3} ${radius * 1.3} 0 0 0 0 ${-radius * 2}Z`,
      fill: colours.c,
    },
    ...paths,
    disc(x + Math.cos(moonAngle) * radius * 2, y + Math.sin(moonAngle) * radius * 1.3, radius * 0.17, colours.a),
  ];
};

/** Teeth from above and below; something between them. */
const teeth: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const unit = shorter(area);
  const count = Math.max(5, Math.round((width / unit) * 6));
  const stride = width / count;
  const row = (fromY: number, reach: number, fill: string) =>
    times(count + 1, (i) => {
      const x = (i - 0.5) * stride;
      return polygon(
        [
          [x, fromY],
          [x + stride / 2, fromY + reach * chance.between(0.55, 1)],
          [x + stride, fromY],
        ],
        fill,
      );
    });
  const x = width * chance.between(0.35, 0.65);
  return [
    disc(x, height * 0.5, unit * 0.34, colours.a),
    disc(x - unit * 0.11, height * 0.47, unit * 0.045, colours.b),
    disc(x + unit * 0.11, height * 0.47, unit * 0.045, colours.b),
    rect(0, 0, width, height * 0.1, colours.c),
    ...row(height * 0.1 - 0.5, height * 0.34, colours.c),
    ...row(height + 1, -height * 0.36, colours.ground),
  ];
};

/** Bare trees before a moon. */
const trunks: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const unit = shorter(area);
  const count = Math.max(5, Math.round((width / unit) * 6));
  const tree = (index: number): Shape[] => {
    const x = ((index + chance.between(0.2, 0.8)) / count) * width;
    const half = unit * chance.between(0.014, 0.04);
    const lean = unit * chance.between(-0.08, 0.08);
    const branchY = height * chance.between(0.2, 0.6);
    const side = chance.pick([-1, 1]);
    const fill = index % 3 === 0 ? colours.c : colours.ground;
    return [
      polygon(
        [
          [x - half, height + 2],
          [x + lean - half * 0.4, -2],
          [x + lean + half * 0.4, -2],
          [x + half, height + 2],
        ],
        fill,
      ),
      polygon(
        [
          [x, branchY],
          [x + side * unit * 0.2, branchY - unit * 0.22],
          [x + lean * 0.4, branchY + half * 2.4],
        ],
        fill,
      ),
    ];
  };
  return [
    disc(
      width * chance.between(0.3, 0.7),
      height * chance.between(0.34, 0.48),
      unit * chance.between(0.24, 0.34),
      colours.a,
    ),
    ...times(count, tree).flat(),
    rect(0, height * 0.94, width, height * 0.06 + 2, colours.ground),
  ];
};

/** Two discs and what they share. */
const pair: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const radius = shorter(area) * chance.between(0.27, 0.31);
  const angle = chance.between(-0.7, 0.7);
  const apart = radius * chance.between(0.55, 0.72);
  const x = width / 2;
  const y = height * 0.52;
  const dx = Math.cos(angle) * apart;
  const dy = Math.sin(angle) * apart;
  // Where two circles of one radius cross: on the line through the middle, at right angles to their axis.
  const reach = Math.sqrt(radius * radius - apart * apart);
  const px = -Math.sin(angle) * reach;
  const py = Math.cos(angle) * reach;
  const arc = `A${round(radius)} ${round(radius)} 0 0 1`;
  return [
    disc(x - dx, y - dy, radius, colours.a),
    disc(x + dx, y + dy, radius, colours.b),
    {
      kind: "path",
      d: path`M${x - px} ${y - py}${arc} ${x + px} ${y + py}${arc} ${x - px} ${y - py}Z`,
      fill: colours.c,
    },
  ];
};

/** A gramophone record. */
const record: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const unit = shorter(area);
  const x = width * chance.between(0.3, 0.7);
  const y = height * chance.between(0.46, 0.56);
  const radius = unit * 0.46;
  return [
    disc(x, y, radius, colours.c),
    ...times(5, (i) => ring(x, y, radius * (0.94 - i * 0.1), 1, colours.field)),
    disc(x, y, radius * 0.4, colours.a),
    {
      kind: "path",
      d: path`M${x - radius * 0.4} ${y}a${radius * 0.4} ${radius * 0.4} 0 0 1 ${radius * 0.8} 0Z`,
      fill: colours.b,
    },
    disc(x, y, radius * 0.06, colours.ground),
  ];
};

/** Bars that rise and fall with a tune. */
const bars: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const count = Math.max(8, Math.round((width / shorter(area)) * 9));
  const stride = width / count;
  const phase = chance.between(0, 6);
  const inks = [colours.a, colours.b, colours.c] as const;
  return times(count, (i) => {
    const tall = height * (0.24 + 0.5 * Math.abs(Math.sin(i * 0.7 + phase)) * chance.between(0.7, 1.1));
    return rect(i * stride + stride * 0.14, height - tall, stride * 0.72, tall + 8, chance.pick(inks), stride * 0.36);
  });
};

/** Stage lights that cross. */
const spotlights: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const cone = (fromX: number, toX: number, fill: string) =>
    faint(
      polygon(
        [
          [fromX - width * 0.015, -2],
          [fromX + width * 0.015, -2],
          [toX + width * 0.2, height + 2],
          [toX - width * 0.2, height + 2],
        ],
        fill,
      ),
      0.72,
    );
  return [
    cone(width * 0.12, width * chance.between(0.5, 0.75), colours.a),
    cone(width * 0.88, width * chance.between(0.25, 0.5), colours.b),
    cone(width * 0.5, width * chance.between(0.4, 0.6), colours.a),
    {
      kind: "path",
      d: path`M0 ${height * 0.9}Q${width / 2} ${height * 0.78} ${width} ${height * 0.9}V${height + 2}H0Z`,
      fill: colours.ground,
    },
  ];
};

/** Halftone: dots that grow towards a corner, as printed photographs have them. */
const halftone: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const pitch = shorter(area) / 11;
  const centreX = width * chance.between(0.2, 0.8);
  const centreY = height * chance.between(0.35, 0.65);
  const reach = Math.hypot(width, height) * 0.55;
  const shapes: Shape[] = [];
  for (let row = 0; row * pitch <= height + pitch; row++) {
    for (let column = 0; column * pitch <= width + pitch; column++) {
      const x = column * pitch + (row % 2) * pitch * 0.5;
      const y = row * pitch;
      const radius = pitch * 0.56 * Math.max(0, 1 - Math.hypot(x - centreX, y - centreY) / reach);
      if (radius > 0.5) shapes.push(disc(round(x), round(y), round(radius), colours.c));
    }
  }
  const square = shorter(area) * 0.3;
  shapes.push(rect(centreX - square / 2, centreY - square / 2, square, square, colours.a));
  return shapes;
};

/** Lines of equal height, as on a map. */
const contours: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const unit = shorter(area);
  const x = width * chance.between(0.3, 0.7);
  const y = height * chance.between(0.4, 0.6);
  const turn = chance.between(-40, 40);
  const flat = chance.between(0.6, 0.85);
  return [
    ...times(
      9,
      (i): Shape => ({
        kind: "ring",
        x: x + i * unit * 0.012,
        y: y + i * unit * 0.018,
        radius: unit * (0.1 + i * 0.095),
        radiusY: unit * (0.1 + i * 0.095) * flat,
        turn: turn + i * 4,
        thickness: i % 4 === 0 ? 2.4 : 1.1,
        stroke: i % 4 === 0 ? colours.a : colours.c,
      }),
    ),
    disc(x, y, unit * 0.04, colours.a),
  ];
};

/** Table mountains in the desert. */
const mesa: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const unit = shorter(area);
  const butte = (x: number, half: number, topY: number, footY: number, fill: string) =>
    polygon(
      [
        [x - half * 1.5, footY],
        [x - half, topY + unit * 0.05],
        [x - half * 0.86, topY],
        [x + half * 0.86, topY],
        [x + half, topY + unit * 0.05],
        [x + half * 1.5, footY],
      ],
      fill,
    );
  const left = chance.between(0.14, 0.3);
  return [
    disc(
      width * chance.between(0.4, 0.62),
      height * chance.between(0.46, 0.56),
      unit * chance.between(0.22, 0.3),
      colours.a,
    ),
    butte(width * left, unit * 0.15, height * 0.42, height * 0.82, colours.b === colours.a ? colours.c : colours.b),
    butte(width * (left + chance.between(0.5, 0.6)), unit * 0.2, height * 0.34, height * 0.86, colours.c),
    {
      kind: "path",
      d: path`M0 ${height * 0.82}Q${width * 0.4} ${height * 0.74} ${width} ${height * 0.86}V${height + 2}H0Z`,
      fill: colours.ground,
    },
  ];
};

/** Round hills, a sun with rays, balloons. */
const hills: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const unit = shorter(area);
  const sunX = width * chance.between(0.2, 0.8);
  const sunY = height * chance.between(0.26, 0.36);
  const sun = unit * 0.13;
  const balloonX = width * chance.between(0.25, 0.75);
  const balloonY = height * chance.between(0.42, 0.52);
  const balloon = unit * chance.between(0.08, 0.12);
  return [
    ...times(12, (i) => {
      const angle = (i / 12) * Math.PI * 2;
      const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
      const side = sun * 0.13;
      return polygon(
        [
          [sunX + dx * sun * 1.25 - dy * side, sunY + dy * sun * 1.25 + dx * side],
          [sunX + dx * sun * 1.7, sunY + dy * sun * 1.7],
          [sunX + dx * sun * 1.25 + dy * side, sunY + dy * sun * 1.25 - dx * side],
        ],
        colours.a,
      );
    }),
    disc(sunX, sunY, sun, colours.a),
    disc(
      width * chance.between(0.1, 0.3),
      height + unit * 0.3,
      unit * 0.62,
      colours.ground === colours.field ? colours.b : colours.c,
    ),
    disc(balloonX, balloonY, balloon, colours.b),
    polygon(
      [
        [balloonX - balloon * 0.5, balloonY + balloon * 0.86],
        [balloonX + balloon * 0.5, balloonY + balloon * 0.86],
        [balloonX, balloonY + balloon * 1.7],
      ],
      colours.b,
    ),
    disc(width * chance.between(0.75, 0.95), height + unit * 0.4, unit * 0.66, figure(colours)),
    rect(0, height - unit * 0.05, width, unit * 0.05 + 2, figure(colours)),
  ];
};

/** Towers under a crescent. */
const spires: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const unit = shorter(area);
  const moonX = width * chance.between(0.25, 0.75);
  const moonY = height * chance.between(0.22, 0.32);
  const moon = unit * chance.between(0.13, 0.17);
  const count = Math.max(5, Math.round((width / unit) * 6));
  return [
    ...stars(chance, area, Math.round((18 * width) / 200), colours.ink),
    disc(moonX, moonY, moon, colours.b),
    disc(moonX + moon * 0.5, moonY - moon * 0.16, moon * 0.9, colours.field),
    ...times(count, (i) => {
      const x = ((i + chance.between(0.2, 0.8)) / count) * width;
      const half = unit * chance.between(0.035, 0.075);
      const top = height * chance.between(0.4, 0.72);
      return polygon(
        [
          [x - half, height + 2],
          [x - half, top],
          [x - half * 1.35, top],
          [x, top - half * chance.between(2.6, 4)],
          [x + half * 1.35, top],
          [x + half, top],
          [x + half, height + 2],
        ],
        i % 2 ? colours.a : colours.c,
      );
    }),
    ridge(chance, area, height * 0.98, height * 0.14, Math.max(3, Math.round((width / unit) * 3)), colours.ground),
  ];
};

/** Angles, one above another, and a disc. */
const chevrons: Composition = (chance, area) => {
  const { width, height, colours } = area;
  const unit = shorter(area);
  const thickness = unit * 0.13;
  const drop = width * chance.between(0.28, 0.4);
  return [
    disc(width * 0.5, height * chance.between(0.24, 0.34), unit * chance.between(0.15, 0.22), colours.a),
    ...times(4, (i) => {
      const y = height * 0.34 + i * thickness * 1.55;
      return polygon(
        [
          [-2, y + drop],
          [width / 2, y],
          [width + 2, y + drop],
          [width + 2, y + drop + thickness],
          [width / 2, y + thickness],
          [-2, y + drop + thickness],
        ],
        i % 2 ? colours.b : colours.c,
      );
    }),
  ];
};

export const compositions = {
  horizon,
  portrait,
  door,
  tiles,
  grin,
  checker,
  burst,
  peaks,
  blinds,
  skyline,
  eye,
  orbits,
  teeth,
  trunks,
  pair,
  record,
  bars,
  spotlights,
  halftone,
  contours,
  mesa,
  hills,
  spires,
  chevrons,
} as const satisfies Record<string, Composition>;

export type CompositionName = keyof typeof compositions;
