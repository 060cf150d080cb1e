import jsQR from 'jsqr';

/** Reads the SVG's path back into dots and has another library's reader read them. */
export function readQr(svg: string): string | undefined {
  const size = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1]);
  const scale = 4;
  const pixels = new Uint8ClampedArray(size * size * scale * scale * 4).fill(255);
  for (const [, x, y, run] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1/g))
    for (let dx = 0; dx < Number(run) * scale; dx++)
      for (let dy = 0; dy < scale; dy++) {
        const at = ((Number(y) * scale + dy) * size * scale + Number(x) * scale + dx) * 4;
        pixels.fill(0, at, at + 3);
      }
  // The package's types and its CommonJS form disagree on where the function is.
  const read = (
    typeof jsQR === 'function' ? jsQR : (jsQR as { default: unknown }).default
  ) as typeof jsQR.default;
  return read(pixels, size * scale, size * scale)?.data;
}
