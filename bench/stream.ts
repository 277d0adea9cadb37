// How soon an event is with every reader of the board, beside a server that does nothing but write to them. Readers and
// server are processes of their own on this machine. `npm run bench:stream` (`-- --quick` for a look); writes
// docs/bench-stream.md.
import { type ChildProcess, fork } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { endChildren, nextMessage } from './children.ts'
import type { ReadersReport } from './stream-readers.ts'
import type { ServerReport } from './stream-server.ts'

const HELP = `Usage: npm run bench:stream [-- --quick]

Opens 1,000 and 5,000 readers of one board and makes 5, 50 and 100 events a second. Takes five minutes and writes
docs/bench-stream.md; --quick takes half a minute, prints, and writes nothing.`

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  console.log(HELP)
  process.exit(0)
}
const quick = process.argv.includes('--quick')
const READERS = quick ? [100] : [1_000, 5_000]
const RATES = quick ? [50] : [5, 50, 100]
const SECONDS = quick ? 3 : 10
const MAX_P99_MS = 250
/** After the last event: so long may the slowest reader be behind it. */
const REST_MS = 3_000

type Figures = Extract<ReadersReport, { p50: number }> & { readonly kilobytesPerReader: number }

const rows: string[] = []
let isFast = true
let isConverged = true
for (const readers of READERS) {
  for (const perSecond of RATES) {
    const andon = await measure('andon', readers, perSecond)
    const bare = await measure('bare', readers, perSecond)
    if (readers === 1_000 && perSecond === 50) isFast = andon.p99 < MAX_P99_MS
    isConverged &&= andon.behind === 0
    const cells = [andon, bare].flatMap((one) => [
      `${one.p50.toFixed(0)} / ${one.p99.toFixed(0)} ms`,
      one.kilobytesPerReader.toFixed(0),
      one.behind,
    ])
    rows.push(`| ${[readers.toLocaleString('en'), perSecond, ...cells].join(' | ')} |`)
    console.log(rows.at(-1))
  }
}
const text = `# How soon an event is on every screen

Written by \`npm run bench:stream\`. ${cpus().length} cores, ${cpus()[0]?.model.trim()}, shared by server and readers; load ${loadavg()[0]?.toFixed(1)} at the end. One board of
50 active issues in memory (without a database), ${SECONDS} s of events, each a changed row. Andon reads the board again, renders what changed once, and writes it to every reader; the
bare broadcaster writes 1.5 KB to each at once, with nothing to read or render. From the event to the reader's having it. *Behind*: readers that
had not seen the last event ${REST_MS / 1000} s after it. At 1,000 readers and 50 events a second Andon's p99 must be under ${MAX_P99_MS} ms.

| readers | events/s | Andon p50 / p99 | KB per reader | behind | bare p50 / p99 | KB per reader | behind |
|---:|---:|---:|---:|---:|---:|---:|---:|
${rows.join('\n')}

Andon waits at least 40 ms for more events, and reads at most ten times a second: that is most of its p50. In exchange a flood of events costs no
more than ten messages a second to each reader.
`
console.log(text)
if (!quick) writeFileSync(resolve(import.meta.dirname, '../docs/bench-stream.md'), text)
process.exitCode = isFast && isConverged ? 0 : 1

async function measure(kind: 'andon' | 'bare', readers: number, perSecond: number): Promise<Figures> {
  const server = start('stream-server.ts', [kind])
  const { url } = await nextMessage<Extract<ServerReport, { url: string }>>(server)
  const before = await residentBytes(server)
  const crowd = start('stream-readers.ts', [String(readers), url])
  await nextMessage<ReadersReport>(crowd)
  await sleep(1_000)
  crowd.send('start')
  server.send({ perSecond, seconds: SECONDS })
  const { last } = await nextMessage<Extract<ServerReport, { last: string }>>(server)
  await sleep(REST_MS)
  const kilobytesPerReader = ((await residentBytes(server)) - before) / 1024 / readers
  crowd.send({ last })
  const figures = await nextMessage<Extract<ReadersReport, { p50: number }>>(crowd)
  await endChildren([crowd, server])
  return { ...figures, kilobytesPerReader }
}

function start(file: string, words: readonly string[]): ChildProcess {
  return fork(join(import.meta.dirname, file), [...words])
}

async function residentBytes(server: ChildProcess): Promise<number> {
  server.send('memory')
  return (await nextMessage<Extract<ServerReport, { residentBytes: number }>>(server)).residentBytes
}
