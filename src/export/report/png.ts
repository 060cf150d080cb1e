/** A minimal PNG encoder: one bit per pixel, for a QR code in a document. */
import { deflateSync, crc32 } from 'node:zlib';
import { encodeQR } from 'qr';

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** `rows`: true is black. Each module becomes `scale` × `scale` pixels. */
export function bitmapPng(rows: readonly (readonly boolean[])[], scale: number): Buffer {
  const side = rows.length * scale;
  const width = (rows[0]?.length ?? 0) * scale;
  const stride = 1 + Math.ceil(width / 8);
  const pixels = Buffer.alloc(stride * side);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < width; x++) {
      const isBlack = rows[Math.floor(y / scale)]![Math.floor(x / scale)]!;
      if (!isBlack) pixels[y * stride + 1 + (x >> 3)]! |= 0x80 >> (x & 7);
    }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(side, 4);
  // One bit, greyscale.
  header.set([1, 0, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', new Uint8Array()),
  ]);
}

export function qrPng(text: string): Buffer {
  return bitmapPng(encodeQR(text, 'raw', { ecc: 'low', border: 4 }), 4);
}
