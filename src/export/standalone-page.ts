/** An HTML file without external files, to be opened from a disk or any web server. */
import type { Language } from '../domain/model/vocabulary.ts';
import { html, inlineStyle, toMarkup, type Html } from '../html/html.ts';
import { publicationStyle } from './publication-style.ts';

export function standalonePage(language: Language, title: string, body: Html): string {
  return `<!doctype html>\n${toMarkup(
    html`<html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>${title}</title>
        ${inlineStyle(publicationStyle)}
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html>`,
  )}\n`;
}
