// The figures as a page: medians over the rounds, and Andon's share of the bare receiver's rate for the same deliveries.
import { MIXES, type Mix } from './payloads.ts'
import { median } from './percentile.ts'

export type Measurement = {
  readonly receiver: 'bare, body stored' | 'bare, no body' | 'andon'
  readonly mix: Mix
  readonly connections: number
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  /** Deliveries that share a transaction, on average. */
  readonly deliveriesPerCommit: number
  /** Revisions of pipelines for each delivery. */
  readonly revisionsPerDelivery: number
}

export type InsertRate = { readonly connections: number; readonly perSecond: number }

export function renderReport(o: {
  runs: readonly Measurement[]
  inserts: readonly InsertRate[]
  machine: string
  receivers: readonly Measurement['receiver'][]
  levels: readonly number[]
}): string {
  const rounds = o.runs.length / (o.receivers.length * o.levels.length * MIXES.length)
  const sections = MIXES.map((mix) => renderSection(mix, o))
  return `# How fast deliveries are taken in

Written by \`npm run bench:ingest\`. ${o.machine}; the load generator, the receiver and Postgres share them.
Medians of ${rounds} round(s). "Andon" is the whole door over HTTP in the real process (\`node src/main.ts web\`): verify, translate,
reduce, save, notify, commit, answer. The bare receiver checks the signature, parses the JSON and inserts one row
per request through a pool of 10, with the raw body or without; Andon keeps the event, and the body only when it fails.
"×" is Andon's rate over the bare receiver's with the same deliveries.

${sections.join('\n\n')}

## Single-row inserts of pgbench, for scale

| connections | ${o.levels.join(' | ')} |
|---|${o.levels.map(() => '---:|').join('')}
| inserts/s | ${o.inserts.map(({ perSecond }) => Math.round(perSecond)).join(' | ')} |
`
}

function renderSection(mix: Mix, o: { runs: readonly Measurement[]; levels: readonly number[] }): string {
  const of = (receiver: Measurement['receiver'], connections: number) =>
    o.runs.filter((run) => run.receiver === receiver && run.mix === mix && run.connections === connections)
  const rows = o.levels.map((connections) => {
    const andon = of('andon', connections)
    const [stored, bare] = [of('bare, body stored', connections), of('bare, no body', connections)]
    const rate = (runs: readonly Measurement[]) => median(runs.map(({ perSecond }) => perSecond))
    const latency = (runs: readonly Measurement[]) =>
      `${ms(runs.map(({ p50 }) => p50))} / ${ms(runs.map(({ p99 }) => p99))}`
    const cells = [
      connections,
      Math.round(rate(andon)),
      latency(andon),
      median(andon.map(({ deliveriesPerCommit }) => deliveriesPerCommit)).toFixed(1),
      Math.round(rate(stored)),
      latency(stored),
      `**${(rate(andon) / rate(stored)).toFixed(2)} ×**`,
      Math.round(rate(bare)),
      latency(bare),
      `**${(rate(andon) / rate(bare)).toFixed(2)} ×**`,
    ]
    return `| ${cells.join(' | ')} |`
  })
  const moved = median(
    o.runs.filter((run) => run.receiver === 'andon' && run.mix === mix).map((run) => run.revisionsPerDelivery),
  )
  return `## ${TITLES[mix]}

${(100 * moved).toFixed(0)} revisions of pipelines for 100 deliveries.

| connections | Andon /s | p50 / p99 ms | events per commit | bare, body stored /s | p50 / p99 ms | × | bare, no body /s | p50 / p99 ms | × |
|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
${rows.join('\n')}`
}

const TITLES = {
  examples: 'Every recorded payload of `@octokit/webhooks-examples` in turn',
  stories: 'Stories of issues on the line: labels, runs, jobs, pull requests, reviews',
  'half and half': 'Half of each',
} as const satisfies Record<Mix, string>

function ms(values: readonly number[]): string {
  return median(values).toFixed(1)
}
