/** Places as tiles of equal size, each with its name and figure: a map without borders, of which none may be fetched from elsewhere. */
import { attributes, html, type Content, type Html } from '../html.ts';
import type { Point } from './strip.ts';
import { pointSign } from './strip.ts';

export interface Tile {
  readonly name: Content;
  readonly text: Content;
  /** Of the heat map; null: no figure. */
  readonly shade: number | null;
  readonly point: Point;
}

/** One block for each city; within it the order given. */
export function tileMap(
  blocks: readonly { readonly title: string; readonly tiles: readonly Tile[] }[],
): Html {
  return html`<div class="tile-map">
    ${blocks.map(
      ({ title, tiles }) =>
        html`<section>
          <h3>${title}</h3>
          <ul>
            ${tiles.map(
              (tile) =>
                html`<li${attributes({ class: tile.shade === null ? 'none' : `heat h${tile.shade}` })}>${pointSign(tile.point)}${tile.name}<b>${tile.text}</b></li>`,
            )}
          </ul>
        </section>`,
    )}
  </div>`;
}
