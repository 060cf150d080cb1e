/**
 * Counties as tiles of equal size, each with name and figure: a map without borders, because pages load nothing from other hosts.
 */
import { attributes, html, type Content, type Html } from '../html.ts';
import type { Point } from './strip.ts';
import { pointSign } from './strip.ts';

export interface Tile {
  readonly name: Content;
  readonly text: Content;
  /** As in the heat map; null: no figure. */
  readonly shade: number | null;
  readonly point: Point;
}

/** One block per city; within it the given order. */
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
