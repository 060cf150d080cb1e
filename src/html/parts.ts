/** Components of staff pages. Pure; texts are passed in, and colour is never the only sign. */
import { attributes, html, type Content, type Html } from './html.ts';

/** Gives the keyboard focus to the message of a page that follows a form. */
export const takesFocus = { tabindex: '-1', autofocus: true } as const;

export type Tone = 'ok' | 'warn' | 'bad' | 'neutral';
const signs: Readonly<Record<Tone, string>> = { ok: '✓ ', warn: '! ', bad: '✕ ', neutral: '' };

/** A state in a word. The sign before it is for black-and-white print, and is not read aloud. */
export function tag(tone: Tone, text: Content): Html {
  return html`<span class="tag ${tone}"
    >${signs[tone] !== '' && html`<span aria-hidden="true">${signs[tone]}</span>`}${text}</span
  >`;
}

/** Cards side by side where there is room. */
export function grid(...cards: readonly Content[]): Html {
  return html`<div class="grid">${cards}</div>`;
}

/** `span`: columns of twelve. */
export function card(o: {
  readonly title: Content;
  readonly body: Content;
  readonly id?: string;
  readonly span?: 3 | 4 | 5 | 6 | 7 | 8 | 9 | 12;
  /** At the end of the title's line: a link to more, a tag. */
  readonly aside?: Content;
  readonly tone?: Tone;
  /** It is the result of a form. */
  readonly isFocused?: boolean;
}): Html {
  return html`<section${attributes({ class: `card c${o.span ?? 12}${o.tone === undefined ? '' : ` edge ${o.tone}`}`, id: o.id ?? null, ...(o.isFocused === true && takesFocus) })}>
    <div class="card-head"><h2>${o.title}</h2>${o.aside !== undefined && html`<div class="aside">${o.aside}</div>`}</div>
    ${o.body}
  </section>`;
}

/** The one thing to do now, first on the page. */
export function nextStep(o: {
  readonly label: string;
  readonly title: Content;
  readonly body: Content;
  readonly aside?: Content;
  readonly span?: 6 | 7 | 8 | 9 | 12;
  readonly tone?: Tone;
}): Html {
  return html`<section class="card next edge c${o.span ?? 12} ${o.tone ?? 'warn'}">
    <div class="card-head">
      <h2>${o.label}</h2>
      ${o.aside !== undefined && html`<div class="aside">${o.aside}</div>`}
    </div>
    <p class="lead">${o.title}</p>
    ${o.body}
  </section>`;
}

export type StepState = 'done' | 'now' | 'wrong' | 'ahead';

/** Steps of a longer task, as links if they can be opened. `note` gives the progress of each in words. */
export function stepsBar(o: {
  readonly label: string;
  readonly steps: readonly {
    readonly text: string;
    readonly note: string;
    readonly state: StepState;
    readonly href?: string | null;
    /** Opened with a button of that form, which sends `go`. */
    readonly press?: { readonly form: string; readonly value: string };
    /** The current page, whatever its state. */
    readonly isHere?: boolean;
  }[];
}): Html {
  const step = (s: (typeof o.steps)[number], i: number) =>
    html`<span class="no" aria-hidden="true"
        >${s.state === 'done' ? '✓' : s.state === 'wrong' ? '!' : i + 1}</span
      ><span class="step-name">${s.text}</span> <span class="step-note">${s.note}</span>`;
  return html`<nav class="steps" aria-label="${o.label}">
    <ol>
      ${o.steps.map(
        (s, i) =>
          html`<li${attributes({ class: s.isHere === true ? `${s.state} here` : s.state, 'aria-current': s.isHere === true ? 'step' : null })}>
            ${s.press ? html`<button${attributes({ class: 'step', form: s.press.form, name: 'go', value: s.press.value, formnovalidate: true })}>${step(s, i)}</button>` : s.href === undefined || s.href === null ? html`<span class="step">${step(s, i)}</span>` : html`<a class="step" href="${s.href}">${step(s, i)}</a>`}
          </li>`,
      )}
    </ol>
  </nav>`;
}

export interface Tab {
  readonly key: string;
  readonly href: string;
  readonly text: string;
}

/** Tabs of pages that belong together; `subtabs` below other tabs. A single one needs no tabs. */
export function tabBar(
  label: string,
  tabs: readonly Tab[],
  current: string | null,
  kind: 'tabs' | 'subtabs' = 'tabs',
): Content {
  return (
    tabs.length > 1 &&
    html`<nav class="${kind}" aria-label="${label}">
      <ul>
        ${tabs.map(
          (tab) =>
            html`<li>
              <a href="${tab.href}" ${attributes({ 'aria-current': tab.key === current ? 'page' : null })}
                >${tab.text}</a
              >
            </li>`,
        )}
      </ul>
    </nav>`
  );
}

/** Breadcrumbs: ancestors, and the page's own name last. */
export function breadcrumbs(
  label: string,
  above: readonly { readonly href: string; readonly text: string }[],
  own: string,
): Html {
  return html`<nav class="trail" aria-label="${label}">
    <ol>
      ${above.map((step) => html`<li><a href="${step.href}">${step.text}</a></li>`)}
      <li aria-current="page">${own}</li>
    </ol>
  </nav>`;
}

/** The result of the last action, above the page; read aloud. */
export function feedback(text: Content, tone: 'ok' | 'warn' = 'ok', isFocused = true): Html {
  return html`<div${attributes({ class: `feedback ${tone}`, role: 'status', ...(isFocused && takesFocus) })}><p>${text}</p></div>`;
}

/** Something that must not be overlooked. The word before it names its kind. */
export function alertBox(tone: 'warn' | 'bad', word: string, body: Content): Html {
  return html`<div class="alert ${tone}">
    <p><strong>${word}</strong> ${body}</p>
  </div>`;
}

/** An empty list: why, and what to do. */
export function emptyState(title: Content, body?: Content): Html {
  return html`<div class="empty">
    <p class="lead">${title}</p>
    ${body}
  </div>`;
}

/**
 * Progress of a task. Without script the page reloads every few seconds (`refresh` header or `liveHead`); with script, `live` is
 * the address of the events.
 */
export function progressBar(o: {
  readonly label: string;
  /** 0–100; null: not known yet. */
  readonly percent: number | null;
  readonly text: Content;
  readonly live?: string | undefined;
}): Html {
  const percent = o.percent === null ? null : Math.max(0, Math.min(100, Math.floor(o.percent)));
  return html`<div class="task"${attributes({ 'data-live': o.live ?? null })}>
    <p class="task-head"><strong>${o.label}</strong> <span class="task-percent">${percent === null ? '' : `${percent}%`}</span></p>
    <progress${attributes({ max: 100, value: percent, 'aria-label': o.label })}>${percent === null ? '' : `${percent}%`}</progress>
    <p class="task-text" role="status">${o.text}</p>
  </div>`;
}

/** For the head of a page with a progress bar: the script that listens, and a reload for browsers without script. */
export function liveHead(script: string, seconds = 3): Html {
  return html`<script src="${script}" defer></script>
    <noscript><meta http-equiv="refresh" content="${seconds}" /></noscript>`;
}

/** Help where it is needed, folded. */
export function help(title: string, body: Content): Html {
  return html`<details class="help">
    <summary>${title}</summary>
    <div>${body}</div>
  </details>`;
}

/** Nothing of an empty list. */
export function list(rows: readonly Content[], className?: string): Content {
  return (
    rows.length > 0 &&
    html`<ul${attributes({ class: className })}>
      ${rows.map((row) => html`<li>${row}</li>`)}
    </ul>`
  );
}

/** Names and values, one per line, with the value at the end. */
export function facts(rows: readonly (readonly [string, Content] | null | false)[]): Html {
  return html`<dl class="facts">
    ${rows.map(
      (row) =>
        row &&
        html`<div>
          <dt>${row[0]}</dt>
          <dd>${row[1]}</dd>
        </div>`,
    )}
  </dl>`;
}
