/** Names and escapes shared by every XML part of a workbook. */
import { wellFormed } from '../domain/file-name.ts';

export const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
export const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
export const MAIN_DRAWING = 'http://schemas.openxmlformats.org/drawingml/2006/main';
export const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
export const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';

/** Escapes markup; characters that XML cannot contain become ECMA-376 `_xHHHH_`, and a literal `_x0041_` is escaped. */
export function xmlText(text: string): string {
  return escapeMarkup(
    wellFormed(text)
      .replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
      .replace(
        /[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g,
        (c) => `_x${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`,
      ),
  );
}

/** For the parts of charts, which do not support `_xHHHH_`: characters that XML cannot contain become a blank. */
export function plainXmlText(text: string): string {
  return escapeMarkup(wellFormed(text).replace(/[\u0000-\u001f\ufffe\uffff]/g, ' '));
}

function escapeMarkup(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
