// What an idle Andon costs, and how soon it reacts: real processes (`node src/main.ts`) on either
// database over a GitHub of this machine, with one issue on the board. Their processor time and memory are the kernel's
// own figures. `npm run bench:idle` (`-- --quick` for a look, `-- --help`); writes docs/bench-idle.md. Linux only.
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { environmentOf } from '../fake-github/environment.ts'
import { migrate } from '../src/store/migrate.ts'
import { openPostgresDatabase } from '../src/store/postgres.ts'
import { type AndonProcess, startAndonProcess, stopAllProcesses, waitUntil } from '../test/support/andon-process.ts'
import { databaseUrlOf, withClient } from '../test/support/database-template.ts'
import { type FakeGitHub, openFakeGitHub } from '../test/support/fake-github.ts'
import { findPostgres, startCluster } from '../test/support/postgres-cluster.ts'
import { percentile } from './percentile.ts'

const HELP = `Usage: npm run bench:idle [-- --quick]

Measures idle processes on the embedded database and on a throwaway Postgres, and how soon a command is reacted to.
Takes five minutes and writes docs/bench-idle.md; --quick takes one, prints, and writes nothing.`

const MAX_CPU_PERCENT = 1
const MAX_EMBEDDED_MB = 350
const MAX_REACTION_MS = 2_000

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  console.log(HELP)
  process.exit(0)
}
const quick = process.argv.includes('--quick')
const WARM_UP_MS = quick ? 15_000 : 30_000
const WINDOW_MS = quick ? 15_000 : 60_000
const COMMANDS = quick ? 4 : 15
/** Far enough apart that no command waits for the previous one's slot: twenty reactions a minute come first. */
const COMMAND_EVERY_MS = 3_300

type Setup = {
  readonly title: string
  readonly database: string
  readonly github: FakeGitHub
  /** The first process that serves pages. */
  readonly processes: readonly AndonProcess[]
}
type Window = { readonly cpuPercent: number; readonly residentMb: number }

const binaries = findPostgres()
if (!binaries) throw new Error('no Postgres server was found: install one (apt-get install postgresql).')
const cluster = await startCluster(binaries, { fsync: 'on', synchronous_commit: 'on' })
const githubs: FakeGitHub[] = []
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => cleanUp().finally(() => process.exit(130)))
}
try {
  const embedded = await startSetup('embedded', ['all'])
  const setups = [embedded, await startSetup('Postgres', ['all']), await startSetup('Postgres', ['web', 'worker'])]
  await sleep(WARM_UP_MS)
  const alone = await measureAll(setups)
  const pages = await Promise.all(setups.map(openPage))
  const watched = await measureAll(setups)
  for (const page of pages) page.abort()
  const quiet = await reactionTimes(setups)
  const burners = cpus().map(() => new Worker('for (;;);', { eval: true }))
  const loaded = await reactionTimes(setups)
  for (const burner of burners) await burner.terminate()

  const cells = (one: Window | undefined) => [`${one?.cpuPercent.toFixed(2)} %`, `${one?.residentMb} MB`]
  const idleRows = setups.flatMap(({ database, processes }, index) =>
    processes.map(({ role }, nth) => {
      const columns = [role, database, ...cells(alone[index]?.[nth]), ...cells(watched[index]?.[nth])]
      return `| ${columns.join(' | ')} |`
    }),
  )
  const reactionRows = setups.map(({ title }, index) => {
    const columns = [quiet[index] ?? [], loaded[index] ?? []].flatMap((times) => [
      `${percentile(times, 0.5)} ms`,
      `${percentile(times, 0.99)} ms`,
    ])
    return `| ${title} | ${columns.join(' | ')} |`
  })
  const text = `# What it costs to wait

Written by \`npm run bench:idle\`. ${cpus().length} cores, ${cpus()[0]?.model.trim()}, load ${loadavg()[0]?.toFixed(1)} at the end. Real processes with one issue on
the board and nothing to do, ${WINDOW_MS / 1000} s a window after ${WARM_UP_MS / 1000} s of warming up; processor time in percent of one core, memory as resident.
At most ${MAX_CPU_PERCENT} % and, embedded, ${MAX_EMBEDDED_MB} MB are allowed. How that is reached: [decision 0012](decisions/0012-idle.md).

| process | database | alone | | with a page open | |
|---|---|---:|---:|---:|---:|
${idleRows.join('\n')}

## How soon a command is reacted to

From GitHub's having the comment to its having the reaction: delivery, commit, the question what the sender may, its answer,
and the reaction. ${COMMANDS} commands, ${COMMAND_EVERY_MS / 1000} s apart, each to a process that rests. "Loaded": as many threads as there are cores spin
beside it. At most ${MAX_REACTION_MS / 1000} s are allowed.

| processes | quiet, p50 | quiet, p99 | loaded, p50 | loaded, p99 |
|---|---:|---:|---:|---:|
${reactionRows.join('\n')}
`
  console.log(text)
  if (!quick) writeFileSync(resolve(import.meta.dirname, '../docs/bench-idle.md'), text)
  const windows = [...alone.flat(), ...watched.flat()]
  const isCheap = windows.every(({ cpuPercent }) => cpuPercent < MAX_CPU_PERCENT)
  const isSmall = [alone[0]?.[0], watched[0]?.[0]].every((one) => (one?.residentMb ?? 0) <= MAX_EMBEDDED_MB)
  const isSoon = [...quiet, ...loaded].every((times) => percentile(times, 0.99) <= MAX_REACTION_MS)
  process.exitCode = isCheap && isSmall && isSoon ? 0 : 1
} finally {
  await cleanUp()
}

async function cleanUp(): Promise<void> {
  await stopAllProcesses()
  for (const github of githubs) await github.close()
  await cluster.remove()
}

/** Processes of these roles on their own database and GitHub, with an issue on the board. */
async function startSetup(database: 'embedded' | 'Postgres', roles: readonly string[]): Promise<Setup> {
  const github = await openFakeGitHub()
  githubs.push(github)
  const url = database === 'embedded' ? undefined : await createDatabase(`bench_${roles.join('_')}`)
  const processes: AndonProcess[] = []
  for (const role of roles) {
    processes.push(await startAndonProcess(role, { ...environmentOf(github), DATABASE_URL: url, LOG_LEVEL: 'warn' }))
  }
  await processes[0]?.ready(120_000)
  github.deliveries.setTarget(`${processes[0]?.url}/api/github/webhooks`)
  const [repository = ''] = github.repositories
  await github.openIssue(repository, { title: 'Retry on flaky upload', labels: ['andon'] })
  await github.whenIdle()
  const title = database === 'embedded' ? 'all, embedded' : `${roles.join(' and ')}, Postgres`
  return { title, database, github, processes }
}

async function createDatabase(name: string): Promise<string> {
  await withClient(cluster.url, (client) => client.query(`create database ${name}`))
  const url = databaseUrlOf(cluster.url, name)
  const database = await openPostgresDatabase(url)
  await migrate(database).finally(() => database.close())
  return url
}

/** Every process over the same window. */
async function measureAll(setups: readonly Setup[]): Promise<readonly (readonly Window[])[]> {
  const before = setups.map(({ processes }) => processes.map(({ pid }) => cpuTicks(pid)))
  await sleep(WINDOW_MS)
  return setups.map(({ processes }, index) =>
    processes.map(({ pid }, nth) => ({
      // A hundred ticks are a second.
      cpuPercent: (cpuTicks(pid) - (before[index]?.[nth] ?? 0)) / (WINDOW_MS / 1000),
      residentMb: residentMb(pid),
    })),
  )
}

function cpuTicks(pid: number): number {
  // The name in parentheses may contain spaces; user and system time are the 12th and 13th field after it.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return Number(fields[11]) + Number(fields[12])
}

function residentMb(pid: number): number {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024)
}

/** Opens the board's stream and reads on until aborted. */
async function openPage({ processes }: Setup): Promise<AbortController> {
  const page = new AbortController()
  const stream = await fetch(`${processes[0]?.url}/events`, { signal: page.signal })
  if (stream.status !== 200) throw new Error(`the stream answered ${stream.status}`)
  void stream.body?.pipeTo(new WritableStream()).catch(() => undefined)
  return page
}

async function reactionTimes(setups: readonly Setup[]): Promise<readonly (readonly number[])[]> {
  const times = setups.map((): number[] => [])
  for (let nth = 0; nth < COMMANDS; nth += 1) {
    const next = sleep(COMMAND_EVERY_MS)
    await Promise.all(setups.map(async (setup, index) => times[index]?.push(await reactionTime(setup))))
    await next
  }
  return times
}

async function reactionTime({ github }: Setup): Promise<number> {
  const [repository = ''] = github.repositories
  const startedAt = performance.now()
  const id = await github.comment(repository, 1, '/andon status')
  const isIt = ({ kind, path, done }: FakeGitHub['writes']['all'][number]) =>
    kind === 'reaction' && done && path.endsWith(`/comments/${id}/reactions`)
  await waitUntil('the command is reacted to', () => github.writes.all.some(isIt), { everyMs: 5 })
  return Math.round(performance.now() - startedAt)
}
