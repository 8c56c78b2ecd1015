import { encode } from 'uqr';

export interface Picture {
  size: number;
  path: string;
}

// The quiet zone of ISO/IEC 18004: four modules.
const border = 4;

/** A QR code as one path: each run of dark modules is a bar. */
export function draw(text: string): Picture {
  const { size, data } = encode(text, { ecc: 'M', border });
  const bars = data.flatMap((row, y) =>
    [...row.map((dark) => (dark ? '1' : '0')).join('').matchAll(/1+/g)].map(
      ({ 0: { length }, index }) => `M${index} ${y}h${length}v1h-${length}z`,
    ),
  );
  return { size, path: bars.join('') };
}
