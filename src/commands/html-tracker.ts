// HTML in a comment stays open across paragraphs: what stands between <details> and </details> is a paragraph to
// Markdown, and folded away to the reader.

/** Follows the HTML of a comment in the order of its lines. */
export type Elements = {
  /** Takes in one piece of HTML. */
  read(html: string): void
  /** Does what follows stand inside something that quotes, folds away or shows as code? */
  inside(): boolean
}

export function followElements(): Elements {
  const open = new Map<string, number>()
  return {
    read(html) {
      for (const [, slash, name = ''] of html.replace(COMMENTS, '').matchAll(TAGS)) {
        const element = name.toLowerCase()
        if (!QUIET.has(element)) continue
        open.set(element, Math.max(0, (open.get(element) ?? 0) + (slash === '' ? 1 : -1)))
      }
    },
    inside: () => [...open.values()].some((count) => count > 0),
  }
}

const COMMENTS = /<!--[\s\S]*?(?:-->|$)/g
const TAGS = /<(\/?)([a-z][a-z0-9-]{0,20})(?:\s(?:[^<>"']|"[^"]{0,2000}"|'[^']{0,2000}'){0,2000})?\/?>/gi
/** Elements whose text is not what their author says here and now. The others only dress it. */
const QUIET: ReadonlySet<string> = new Set(
  'details blockquote q cite pre code samp kbd tt var del s strike a table ul ol dl h1 h2 h3 h4 h5 h6 template'.split(
    ' ',
  ),
)
