/** Drawings on the screen: plain SVG elements without ids, inline styles or remote parts. Decorative: cards are named by their links. */
import { memo } from "react";
import type { Shape } from "./compositions.ts";
import { drawAvatar, drawBackdrop, drawPoster, POSTER_HEIGHT, POSTER_WIDTH, type PosterTitle } from "./draw.ts";
import { LINE_HEIGHT_EM } from "./lettering.ts";

function shapeElement(shape: Shape, key: number) {
  switch (shape.kind) {
    case "rect":
      return (
        <rect
          key={key}
          x={shape.x}
          y={shape.y}
          width={shape.width}
          height={shape.height}
          rx={shape.rounding}
          fill={shape.fill}
          opacity={shape.opacity}
        />
      );
    case "disc":
      return <circle key={key} cx={shape.x} cy={shape.y} r={shape.radius} fill={shape.fill} opacity={shape.opacity} />;
    case "ring":
      return (
        <ellipse
          key={key}
          cx={shape.x}
          cy={shape.y}
          rx={shape.radius}
          ry={shape.radiusY ?? shape.radius}
          transform={shape.turn === undefined ? undefined : `rotate(${shape.turn} ${shape.x} ${shape.y})`}
          fill="none"
          stroke={shape.stroke}
          strokeWidth={shape.thickness}
        />
      );
    case "path":
      return <path key={key} d={shape.d} fill={shape.fill} opacity={shape.opacity} />;
  }
}

const MARGIN = 14;

export const Poster = memo(function Poster({ title }: { readonly title: PosterTitle }) {
  const drawing = drawPoster(title);
  const { colours, artHeight, lettering } = drawing;
  return (
    <svg className="poster" viewBox={`0 0 ${POSTER_WIDTH} ${POSTER_HEIGHT}`} aria-hidden="true" focusable="false">
      <rect width={POSTER_WIDTH} height={POSTER_HEIGHT} fill={colours.ground} />
      <rect width={POSTER_WIDTH} height={artHeight} fill={colours.field} />
      {drawing.shapes.map(shapeElement)}
      {/* Over what the art spilled; a scene that ends in this colour runs on without a seam. */}
      <rect y={artHeight} width={POSTER_WIDTH} height={POSTER_HEIGHT - artHeight} fill={colours.ground} />
      <g className="poster__lettering" fill={colours.ink} fontSize={lettering.size}>
        {lettering.lines.map((line, i) => (
          <text
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of one name never move, and two may read alike
            key={i}
            x={MARGIN}
            y={drawing.firstBaselineY + i * lettering.size * LINE_HEIGHT_EM}
            textLength={line.width > 0 ? line.width : undefined}
            lengthAdjust="spacingAndGlyphs"
          >
            {line.text}
          </text>
        ))}
      </g>
      <text className="poster__meta" x={MARGIN} y={drawing.metaY} fill={colours.ink} fontSize="12.5">
        {drawing.meta}
      </text>
    </svg>
  );
});

const BACKDROP = { width: 1_600, height: 700 };

export const Backdrop = memo(function Backdrop({ title }: { readonly title: PosterTitle }) {
  const { colours, shapes } = drawBackdrop(title, BACKDROP);
  return (
    <svg
      className="backdrop__art"
      viewBox={`0 0 ${BACKDROP.width} ${BACKDROP.height}`}
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
      focusable="false"
    >
      <rect width={BACKDROP.width} height={BACKDROP.height} fill={colours.field} />
      {shapes.map(shapeElement)}
    </svg>
  );
});

export const Avatar = memo(function Avatar({ id }: { readonly id: string }) {
  const { colours, shapes } = drawAvatar(id);
  return (
    <svg className="avatar" viewBox="0 0 100 100" aria-hidden="true" focusable="false">
      <rect width="100" height="100" fill={colours.field} />
      {shapes.map(shapeElement)}
    </svg>
  );
});
