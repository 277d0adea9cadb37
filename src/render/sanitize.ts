// Text that other people wrote (titles, names of steps and branches, logins) is made inert before it goes into our
// Markdown. There are two dangers with two remedies. Markdown's own syntax is replaced by character references, which can
// never be markup. GitHub's filters (mentions, references, links) run later, over the decoded text, where an escape no
// longer helps: there a zero-width space breaks the pattern.
import { cut } from '../text/cut.ts'

const ZERO_WIDTH_SPACE = '\u200b'

/** Text without controls, line breaks, bidi tricks and invisible characters, cut to `max` code points. Not Markdown. */
export function plainText(text: string, max = 120): string {
  return cut(text.toWellFormed().replace(INVISIBLE, '').replace(SPACES, ' ').trim(), max)
}

/** Text that is safe wherever inline Markdown is allowed: it reads as it was typed, and does nothing. */
export function escapeInline(text: string, max = 120): string {
  return escapeLineStart(escapeMarkup(breakReferences(plainText(text, max))))
}

/** The text as a code span, which is inert once nothing in it can end the span or a table's cell. */
export function codeSpan(text: string, max = 120): string {
  const inert = plainText(text, max).replace(/`/g, "'").replace(/\|/g, '¦').replaceAll('<!--', '<! --')
  return inert === '' ? '' : `\`${inert}\``
}

/** A link to a URL from outside; the words alone when the URL could end the link early. */
export function linkTo(words: string, url: string | null): string {
  return url !== null && /^https?:\/\/[^\s<>()\\`|]+$/.test(url) ? `[${words}](${url})` : words
}

// The joiners U+200C and U+200D stay: Persian, Hindi and half of all emoji are written with them.
const INVISIBLE = /(?![\t\n\v\f\r\u0085\u200c\u200d])[\p{Cc}\p{Cf}]/gu
const SPACES = /[\s\u0085\u2028\u2029]+/gu

function breakReferences(text: string): string {
  return text
    .replace(/@/g, `@${ZERO_WIDTH_SPACE}`)
    .replace(/#(?=\d)/g, `#${ZERO_WIDTH_SPACE}`)
    .replace(/\b(GH-)(?=\d)/gi, `$1${ZERO_WIDTH_SPACE}`)
    .replace(/(https?|ftp):(?=\/\/)/gi, `$1:${ZERO_WIDTH_SPACE}`)
    .replace(/\bwww(?=\.)/gi, `www${ZERO_WIDTH_SPACE}`)
    .replace(/(?<![0-9a-z])[0-9a-f]{7,}(?![0-9a-z])/gi, (sha) => sha.replace(/.{6}(?=.)/g, `$&${ZERO_WIDTH_SPACE}`))
    .replace(/&(?=#?[0-9a-z]+;)/gi, `&${ZERO_WIDTH_SPACE}`)
}

function escapeMarkup(text: string): string {
  return text.replace(/[&<>\\`*_[\]~|$]/g, (character) => CHARACTER_REFERENCES[character] ?? character)
}

const CHARACTER_REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\\': '&#92;',
  '`': '&#96;',
  '*': '&#42;',
  _: '&#95;',
  '[': '&#91;',
  ']': '&#93;',
  '~': '&#126;',
  '|': '&#124;',
  $: '&#36;',
}

/** At the start of a line these characters would make a heading, a list or a rule. */
function escapeLineStart(text: string): string {
  return text.replace(/^(\d*)([-+=#.)])/, (_, digits: string, mark: string) => `${digits}&#${mark.charCodeAt(0)};`)
}
