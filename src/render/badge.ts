// A repository's state as a picture of one line, for its README. Its words are ours alone: nobody's text is in it.
import type { LineCounts, LineVerdict } from '../pipeline/view/verdict.ts'
import { needsYouText, VERDICT_SYMBOLS } from './labels.ts'
import { verdictViewOf } from './verdict.ts'

/** The verdict on a repository, and how many need a person. */
export function badgeOf(counts: LineCounts, isBlind: boolean): string {
  const { verdict } = verdictViewOf(counts, isBlind)
  const word = VERDICT_SYMBOLS[verdict].word.toLowerCase()
  const needs = counts.needsYou === 0 ? '' : ` · ${needsYouText(counts.needsYou)}`
  return drawBadge(`${word}${needs}`, COLOURS[verdict])
}

/** White on each of them has a contrast of 4.5 or more. */
const COLOURS = {
  running: '#2f7d3b',
  'waiting-for-you': '#a15c00',
  'standing-still': '#c0262d',
  'nothing-to-do': '#2f7d3b',
  'cannot-know': '#6b7280',
} as const satisfies Record<LineVerdict, string>

const LABEL_WIDTH = 50
/** Wide enough for every letter; the text is then fitted to it, whatever font there is. */
const LETTER_WIDTH = 6.6
const PADDING = 12

/** Of a place that is hidden, missing or cannot be read: nobody can tell which. */
export const UNKNOWN_BADGE = drawBadge('unknown', '#6b7280')

function drawBadge(message: string, colour: string): string {
  const length = Math.round(message.length * LETTER_WIDTH)
  const width = LABEL_WIDTH + length + PADDING
  const middle = LABEL_WIDTH + (length + PADDING) / 2
  const title = `andon: ${message}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" role="img" aria-label="${title}">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="20" rx="3" fill="${colour}"/>`,
    `<path d="M3 0h${LABEL_WIDTH - 3}v20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="#3d4450"/>`,
    '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">',
    `<text x="${LABEL_WIDTH / 2}" y="14">andon</text>`,
    `<text x="${middle}" y="14" textLength="${length}">${message}</text>`,
    '</g></svg>\n',
  ].join('')
}
