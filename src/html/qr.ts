/** A QR code as SVG: one path, black on white, with the quiet zone that the standard requires. */
import { encodeQR } from 'qr';
import { html, type Html } from './html.ts';

const quietZone = 4;

/** `label`: alternative text. `correction`: error correction; less makes larger dots. */
export function qrCode(text: string, label: string, correction: 'low' | 'medium' = 'medium'): Html {
  const rows = encodeQR(text, 'raw', { ecc: correction, border: quietZone });
  let path = '';
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      if (row[x] !== true) continue;
      let length = 1;
      while (row[x + length] === true) length++;
      path += `M${x} ${y}h${length}v1h-${length}z`;
      x += length;
    }
  });
  const size = rows.length;
  return html`<svg
    class="qr"
    role="img"
    aria-label="${label}"
    viewBox="0 0 ${size} ${size}"
    shape-rendering="crispEdges"
  >
    <rect width="${size}" height="${size}" fill="#fff" />
    <path d="${path}" fill="#000" />
  </svg>`;
}
