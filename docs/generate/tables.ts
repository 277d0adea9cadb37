// The tables that are derived from the source, by the name that a page calls them.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { COMMANDS, VERBS } from '../../src/commands/commands.ts'
import { commandTable } from '../../src/commands/help.ts'
import { ALWAYS_DELIVERED, HANDLED_WEBHOOK_NAMES, HANDLED_WEBHOOKS } from '../../src/translate/handled-webhooks.ts'
import { createMetrics, type MetricDescription } from '../../src/web/metrics.ts'

export const TABLES: Readonly<Record<string, () => string>> = {
  'commands-for-readers': () => commandTable(VERBS.filter((verb) => COMMANDS[verb].permission === 'read')),
  'commands-for-writers': () => commandTable(VERBS.filter((verb) => COMMANDS[verb].permission === 'write')),
  permissions: () =>
    markdownTable(
      ['permission', 'level', 'why'],
      manifestEntries('default_permissions').map(({ name, level, why }) => [name.replace('_', ' '), level, why]),
    ),
  webhooks: () => {
    const reasons = new Map(manifestEntries('default_events').map(({ name, why }) => [name, why]))
    return markdownTable(
      ['webhook', 'actions that are acted on', 'why'],
      HANDLED_WEBHOOK_NAMES.map((name) => [
        `\`${name}\``,
        HANDLED_WEBHOOKS[name].map((action) => `\`${action}\``).join(', ') || 'all',
        reasons.get(name) ?? (ALWAYS_DELIVERED.includes(name) ? 'Every App receives it without asking.' : ''),
      ]),
    )
  },
  metrics: () =>
    markdownTable(
      ['metric', 'type', 'labels', 'what it says'],
      listMetrics().map(({ name, type, labels, help }) => [
        `\`${name}\``,
        type,
        labels.map((label) => `\`${label}\``).join(', '),
        help,
      ]),
    ),
  'command-line': () => {
    const help = execFileSync(process.execPath, ['src/main.ts', 'help'], { encoding: 'utf8' })
    return `\`\`\`text\n${help.trim()}\n\`\`\``
  },
}

/** Of a process in which nothing is ever read. */
export function listMetrics(): readonly MetricDescription[] {
  const unread = () => Promise.reject(new Error('nothing is read'))
  const readings = { board: unread, health: unread, whyNotReady: unread }
  return createMetrics({
    readings,
    hub: { streamCount: () => 0 },
    health: null,
    measurements: null,
    pushes: async () => null,
  }).list()
}

type ManifestEntry = { readonly name: string; readonly level: string; readonly why: string }

/** The lines of one section of app.yml, each with the comment above it. */
function manifestEntries(section: string): readonly ManifestEntry[] {
  const entries: ManifestEntry[] = []
  let inside = false
  let comment: string[] = []
  for (const line of readFileSync('app.yml', 'utf8').split('\n')) {
    if (/^\S/.test(line)) inside = line.startsWith(`${section}:`)
    if (!inside) continue
    const [, words] = /^ {2}# (.*)/.exec(line) ?? []
    const [, name, level = ''] = /^ {2}(?:- )?([a-z_]+)(?:: (\w+))?$/.exec(line) ?? []
    if (words !== undefined) comment.push(words)
    if (name === undefined) continue
    entries.push({ name, level, why: comment.join(' ') })
    comment = []
  }
  return entries
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return lines.join('\n').replaceAll('| --- ', '|---').replaceAll('---|---', '---|---').replaceAll('--- |', '---|')
}
