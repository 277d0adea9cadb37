// The subset of GitHub's Markdown in our comments: paragraphs, tables, bold, code, links.

/** Safe HTML of a comment; hidden HTML comments stay hidden. */
export function toHtml(markdown: string): string {
  const blocks = markdown
    .replace(/<!--.*?-->/gs, '')
    .trim()
    .split(/\n{2,}/)
  return blocks
    .map((block) => renderTable(block.split('\n')) ?? `<p>${renderInline(block).replaceAll('\n', '<br>')}</p>`)
    .join('')
}

/** Text without markup. */
export function escapeHtml(raw: string): string {
  return raw.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

function renderTable(lines: readonly string[]): string | null {
  const [head, rule, ...rows] = lines
  if (head === undefined || rule === undefined || !/^\|[\s:|-]+\|$/.test(rule)) return null
  const row = (line: string, cell: 'th' | 'td') => {
    const cells = line.replace(/^\||\|$/g, '').split('|')
    return `<tr>${cells.map((text) => `<${cell}>${renderInline(text.trim())}</${cell}>`).join('')}</tr>`
  }
  return `<table>${row(head, 'th')}${rows.map((line) => row(line, 'td')).join('')}</table>`
}

// Code spans are extracted first: nothing inside them is markup.
function renderInline(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) =>
      part.startsWith('`') && part.length > 1 ? `<code>${escapeHtml(part.slice(1, -1))}</code>` : renderEmphasis(part),
    )
    .join('')
}

function renderEmphasis(text: string): string {
  return escapeHtmlExceptEntities(text)
    .replace(/\*\*(.+?)\*\*/g, '<b>$1</b>')
    .replace(/\[([^\]]+)\]\((https?:[^)\s]+)\)/g, '<a href="$2">$1</a>')
}

function escapeHtmlExceptEntities(text: string): string {
  return text.replace(/&(?!#?\w+;)|[<>"']/g, escapeHtml)
}
