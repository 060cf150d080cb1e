/** A county's page with its data and its table, as one file to unpack on any web server. */
import type { Language } from '../domain/model/vocabulary.ts';
import { publicationHtml } from './publication-page.ts';
import { publicationJson, type Publication } from './publication.ts';
import { summaryCsv } from './summary-csv.ts';
import { zipChunks } from './zip.ts';

export function publicationNames(campaign: string, county: string) {
  const name = `${campaign}-${county}`;
  return { html: `${name}.html`, json: `${name}.json`, csv: `${name}.csv` };
}

export function publicationZip(
  publication: Publication,
  language: Language,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { campaign, county } = publication.summary;
  const { html, json, csv } = publicationNames(campaign.id, county.code);
  return zipChunks(
    [
      { name: html, content: [publicationHtml(publication, language, { json, csv })] },
      { name: json, content: [publicationJson(publication)] },
      { name: csv, content: summaryCsv([publication.summary], language) },
    ],
    publication.publishedAt,
  );
}
