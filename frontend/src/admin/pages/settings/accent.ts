// What an accent becomes on light and on dark pages, as shared/tenant/accent.go computes it for them. Both count in
// whole numbers, so that they come to the same.

type Colour = readonly [number, number, number];

export interface Shades {
  accent: string;
  deep: string;
  on: string;
  tint: string;
}

export interface Palette {
  light: Shades;
  dark: Shades;
}

// What the pages are drawn on (src/shared/tokens.css), and the least contrast of text (WCAG 2.2, 1.4.3).
const light: readonly Colour[] = [[0xf4, 0xf5, 0xf1], [0xff, 0xff, 0xff]];
const dark: readonly Colour[] = [[0x0f, 0x14, 0x12], [0x17, 0x1e, 0x1b]];
const white: Colour = [255, 255, 255];
const black: Colour = [0, 0, 0];
const readable = 4.5;
const steps = 50;
const mostDark = 25;
const mostLight = 30;

const parse = (text: string): Colour | null => {
  if (!/^#[0-9a-f]{6}$/.test(text)) return null;
  const value = Number.parseInt(text.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
};
const hex = (colour: Colour) => `#${colour.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;

const linear = (channel: number) => {
  const value = channel / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
};
const luminance = ([red, green, blue]: Colour) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
const against = (one: Colour, other: Colour) => {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
};
const written = (colour: Colour) => (against(colour, white) >= against(colour, black) ? white : black);
const towards = (from: Colour, to: Colour, n: number): Colour => {
  const channel = (index: 0 | 1 | 2) => Math.floor((from[index] * (steps - n) + to[index] * n + steps / 2) / steps);
  return [channel(0), channel(1), channel(2)];
};

function move(colour: Colour, end: Colour, most: number, grounds: readonly Colour[]): Colour | null {
  for (let n = 0; n <= most; n += 1) {
    const moved = towards(colour, end, n);
    if (grounds.every((ground) => against(moved, ground) >= readable)) return moved;
  }
  return null;
}

const shades = (colour: Colour, end: Colour, card: Colour, n: number): Shades => ({
  accent: hex(colour), deep: hex(towards(colour, end, 10)), on: hex(written(colour)), tint: hex(towards(card, colour, n)),
});

/** null for what is no colour, or would have to become another one to be read. */
export function paletteOf(accent: string): Palette | null {
  const colour = parse(accent);
  const onLight = colour && move(colour, black, mostDark, light);
  const onDark = colour && move(colour, white, mostLight, dark);
  if (!onLight || !onDark) return null;
  return { light: shades(onLight, black, white, 4), dark: shades(onDark, white, [0x17, 0x1e, 0x1b], 6) };
}
