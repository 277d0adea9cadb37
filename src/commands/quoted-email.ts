// A reply by e-mail contains the message that it answers. Quoted with `>`, Markdown recognizes it; unquoted, it starts
// with one of these lines. No list of them is complete: what counts in a comment that did come by e-mail is its first
// paragraph, and the list only saves a question to GitHub, or a reply that nobody wants.
import { isBlank } from './parse-cost.ts'

/** The first line that is no longer the comment's first paragraph, or that may introduce a copy without a blank line before. */
export function endOfFirstParagraph(lines: readonly string[]): number {
  const first = lines.findIndex((line) => !isBlank(line))
  const end = lines.findIndex((line, index) => index >= first && (isBlank(line) || mayIntroduceCopy(line)))
  return end < 0 ? lines.length : end
}

/** Ends it with a colon, begins it like a header or a rule, or names it an address, in whatever language? Better too often. */
function mayIntroduceCopy(line: string): boolean {
  if (/^\s*\/andon\b/i.test(line)) return false
  return /[:：]\W*$|^\W*[\p{L}\p{M}-]+\s?[:：]\s|\S@\S+\.\S|^[-_=*~—–>|\s]{2,}/u.test(line.trim())
}

/** Do these lines name what only GitHub's notifications contain? Then the lines after them are likely a copy of one. */
export function quotesNotification(lines: readonly string[]): boolean {
  return lines.some((line) => /@(?:[\w.-]+\.)?github\.com\b|view it on github/i.test(line))
}

/** Does an unquoted copy of the answered message start on the first of these lines? */
export function startsQuotedEmail(lines: readonly string[]): boolean {
  const [first = '', ...rest] = lines.map((line) => line.trim().replace(/^\*+|\*+(?=:)|(?<=:)\*+/g, ''))
  if (DIVIDER.test(first)) return true
  if (FROM_HEADER.test(first)) return rest.slice(0, 4).filter((line) => EMAIL_HEADER.test(line)).length >= 2
  return isAttribution([first, ...rest])
}

/** `On Mon, Nov 3, 2025 at 10:12 AM A Person <a@example.com> wrote:`, on up to three lines, with no quote below. */
function isAttribution(lines: readonly string[]): boolean {
  for (let count = 1; count <= 3 && count <= lines.length; count++) {
    if (!ATTRIBUTION.test(lines.slice(0, count).join(' '))) continue
    const next = lines.slice(count).find((line) => line !== '')
    return next !== undefined && !next.startsWith('>')
  }
  return false
}

const DIVIDER =
  /^-{2,}\s*(original message|forwarded message|reply above this line|ursprüngliche nachricht|message d'origine|mensaje original)\s*-{2,}$/i
const FROM_HEADER = /^(from|von|de|da|van):\s*\S/i
const EMAIL_HEADER =
  /^(sent|date|to|subject|gesendet|datum|an|betreff|envoyé|à|objet|enviado|para|asunto|inviato|a|verzonden):\s*\S/i
const ATTRIBUTION =
  /^(on|am|le|el|il|op)\s.{0,20}\d.{0,300}\s(wrote|schrieb\b.{0,80}|a écrit|escribió|ha scritto|schreef\b.{0,80})\s?:$/i
