// HTML in a comment stays open across paragraphs: what stands between <details> and </details> is a paragraph to
// Markdown, and folded away to the reader.

/** Follows the HTML of a comment in the order of its lines. */
export type HtmlTracker = {
  /** Takes in one piece of HTML. */
  read(html: string): void
  /** Does what follows stand inside something that quotes, folds away or shows as code? */
  isMuted(): boolean
}

export function trackHtml(): HtmlTracker {
  const openCounts = new Map<string, number>()
  return {
    read(html) {
      for (const [, slash, name = ''] of html.replace(HTML_COMMENT, '').matchAll(HTML_TAG)) {
        const element = name.toLowerCase()
        if (!MUTING_ELEMENTS.has(element)) continue
        openCounts.set(element, Math.max(0, (openCounts.get(element) ?? 0) + (slash === '' ? 1 : -1)))
      }
    },
    isMuted: () => [...openCounts.values()].some((count) => count > 0),
  }
}

const HTML_COMMENT = /<!--[\s\S]*?(?:-->|$)/g
const HTML_TAG = /<(\/?)([a-z][a-z0-9-]{0,20})(?:\s(?:[^<>"']|"[^"]{0,2000}"|'[^']{0,2000}'){0,2000})?\/?>/gi
/** Elements whose text is not what their author says here and now. The others only dress it. */
const MUTING_ELEMENTS: ReadonlySet<string> = new Set(
  'details blockquote q cite pre code samp kbd tt var del s strike a table ul ol dl h1 h2 h3 h4 h5 h6 template'.split(
    ' ',
  ),
)
