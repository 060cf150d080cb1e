/** A page with a single message and what to do next: errors, closings, refusals. */
import { html, type Html } from './html.ts';
import { layout, type PageContext, type PageParts } from './layout.ts';

export interface Notice {
  readonly title: string;
  readonly lines: readonly string[];
  readonly links?: readonly { readonly href: string; readonly text: string }[];
  readonly kind: PageParts['kind'];
  readonly demo?: boolean;
}

export function noticePage(context: PageContext, notice: Notice): Html {
  return layout(context, {
    title: notice.title,
    kind: notice.kind,
    demo: notice.demo ?? false,
    body: html`<h1>${notice.title}</h1>
      ${notice.lines.map((line) => html`<p>${line}</p>`)}${
        notice.links !== undefined &&
        notice.links.length > 0 &&
        html`<ul class="plain">
          ${notice.links.map((l) => html`<li><a href="${l.href}">${l.text}</a></li>`)}
        </ul>`
      }`,
  });
}
