// HTML elements stay open across paragraphs: to Markdown, the text between <details> and </details> is an ordinary
// paragraph; to the reader, it is folded away.

/** Knows which HTML elements are open, reading a comment in the order of its lines. */
export type HtmlTracker = {
  /** Reads the next piece of HTML. */
  read(html: string): void
  /** Is what follows inside an element that quotes it, folds it away or shows it as code? */
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
/** Elements whose text the author only quotes or shows. The others only format theirs. */
const MUTING_ELEMENTS: ReadonlySet<string> = new Set(
  'details blockquote q cite pre code samp kbd tt var del s strike a table ul ol dl h1 h2 h3 h4 h5 h6 template'.split(
    ' ',
  ),
)
