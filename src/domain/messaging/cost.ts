/** `123.40`: an amount in thousandths of a yuan, rounded to the fen. */
export function formatYuan(thousandths: number): string {
  const fen = Math.round(thousandths / 10);
  return `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, '0')}`;
}
