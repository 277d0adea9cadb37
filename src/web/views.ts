import { resolve } from 'node:path'
import { Eta } from 'eta'
import { evidenceText } from '../render/board-row.ts'
import {
  describePushWishes,
  formatMinute,
  formatSecond,
  formatShort,
  formatTime,
  LIGHT_SYMBOLS,
  VERDICT_SYMBOLS,
} from '../render/labels.ts'
import { plainText } from '../render/sanitize.ts'

/** Renders one template of views/; everything interpolated is escaped. */
export type Views = { render(name: string, model: object): string }

const LABELS = {
  LIGHT_SYMBOLS,
  VERDICT_SYMBOLS,
  describePushWishes,
  formatShort,
  formatTime,
  formatMinute,
  formatSecond,
  evidenceText,
  plainText,
}

/** Templates share `labels`: the lights and times as comments and check runs show them too. */
export function loadViews(asset: (name: string) => string): Views {
  const eta = new Eta({ views: resolve(import.meta.dirname, '../../views'), cache: true })
  return {
    render: (name, model) =>
      collapseLineBreaks(eta.render(name, { labels: LABELS, asset, htmxConfig: HTMX_CONFIG, ...model })),
  }
}

// htmx only changes the page: the stream is our own, because the tabs of a browser share one.
const HTMX_CONFIG = JSON.stringify({ history: false, includeIndicatorCSS: false })

// Line breaks in a template are for its readers. On the stream, each would cost a `data:` line of its own.
function collapseLineBreaks(html: string): string {
  return html.replace(/\s*\n\s*/g, ' ').trim()
}
