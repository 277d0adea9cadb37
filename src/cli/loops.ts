// `loop status` and `loop stop`, for the moment when nothing else answers. They need no App, no key and no GitHub; while
// the database is unavailable, they use the heartbeat files of this machine.
import { hostname } from 'node:os'
import { type DatabaseConfig, readDatabaseConfig } from '../config.ts'
import { sendStopRequest } from '../process/control-socket.ts'
import { withoutPassword } from '../process/database-url.ts'
import { EX_USAGE, failWith } from '../process/exit.ts'
import { identifyProcess } from '../process/process-identity.ts'
import type { Database } from '../store/database.ts'
import { type LoopRow, loadLoops, requestStop } from '../store/loops.ts'
import { listUnknownMigrations } from '../store/migrate.ts'
import { openPostgresDatabase } from '../store/postgres.ts'
import { printable } from '../text/printable.ts'
import { readHeartbeatFiles, stopSocketPath } from '../watchdog/heartbeat-files.ts'
import { listRegisteredLoops, type RegisteredLoop } from '../watchdog/loop-registry.ts'
import { whyNotHealthy } from '../watchdog/loops-health.ts'

const EXIT_OK = 0
const EXIT_PROBLEM = 1
const EXIT_UNKNOWN = 2

/** `loop status [--json]`, `loop stop [ID | --all]`; resolves to the exit code. */
export async function runLoopCommand(args: readonly string[]): Promise<number> {
  const [verb, word, ...rest] = args
  if (rest.length === 0) {
    if (verb === 'status' && (word === undefined || word === '--json'))
      return withLoopsSnapshot((snapshot) => printStatus(snapshot, word))
    const isId = word === undefined || word === '--all' || !word.startsWith('-')
    if (verb === 'stop' && isId) return withLoopsSnapshot((snapshot) => stopLoops(snapshot, word ?? null))
  }
  return failWith(
    'use `loop status`, `loop status --json`, `loop stop ID` with an ID from that list, or `loop stop --all`.',
    EX_USAGE,
  )
}

type LoopsSnapshot = {
  readonly loops: readonly RegisteredLoop[]
  readonly now: string
  readonly dataDirectory: string
  /** Null if it is unavailable, or embedded and owned by a process, whose files say the same. */
  readonly database: Database | null
  /** Why loops on other machines are not listed; null if all of them are. */
  readonly whyIncomplete: string | null
}

async function withLoopsSnapshot(use: (snapshot: LoopsSnapshot) => Promise<number>): Promise<number> {
  const config = readDatabaseConfig(process.env)
  const { database, rows, whyIncomplete } = await loadLoopRows(config)
  try {
    const files = await readHeartbeatFiles(config.dataDirectory)
    const now = new Date().toISOString()
    const loops = await listRegisteredLoops({ rows, files, now, host: hostname() })
    return await use({ loops, now, dataDirectory: config.dataDirectory, database, whyIncomplete })
  } catch (error) {
    return failWith(`cannot tell: ${error instanceof Error ? error.message : error}.`, EXIT_UNKNOWN)
  } finally {
    await database?.close().catch(() => undefined)
  }
}

async function loadLoopRows({
  databaseUrl,
}: DatabaseConfig): Promise<{ database: Database | null; rows: readonly LoopRow[]; whyIncomplete: string | null }> {
  if (databaseUrl === null) return { database: null, rows: [], whyIncomplete: null }
  const database = await openPostgresDatabase(databaseUrl, { connections: 1 })
  try {
    const unknown = await listUnknownMigrations(database)
    if (unknown.length > 0) throw new Error('it belongs to a newer version of Andon')
    return { database, rows: await loadLoops(database), whyIncomplete: null }
  } catch (error) {
    await database.close()
    const { code, message } = error as NodeJS.ErrnoException
    const why = `the database ${database.location} cannot be read (${code ?? withoutPassword(message, databaseUrl)})`
    return { database: null, rows: [], whyIncomplete: `${why}: only the loops that ran in this folder are listed` }
  }
}

async function printStatus(snapshot: LoopsSnapshot, word: '--json' | undefined): Promise<number> {
  const { loops, now, whyIncomplete } = snapshot
  if (word === '--json')
    console.log(JSON.stringify({ asOf: now, blindness: whyIncomplete, loops: loops.map(toJson) }, null, 2))
  else if (loops.length > 0) console.log(formatTable(loops, now))
  if (whyIncomplete !== null) console.error(`andon: ${printable(whyIncomplete)}.`)
  if (loops.length > 0) return loops.every(({ state }) => state === 'alive') ? EXIT_OK : EXIT_PROBLEM
  if (whyIncomplete !== null) return failWith('cannot tell whether a loop is alive.', EXIT_UNKNOWN)
  if (word === undefined) console.log('No loop is registered: none was started, or all of them ended normally.')
  return EXIT_PROBLEM
}

function toJson(loop: RegisteredLoop): object {
  const { id, state, isProgressing, heartbeat, stopRequestedAt } = loop
  return {
    id,
    alive: state === 'alive',
    progressing: isProgressing,
    state,
    reason: whyNotHealthy(loop),
    ...heartbeat,
    stopAskedAt: stopRequestedAt,
  }
}

const HEADINGS = ['LOOP', 'STATE', 'DOING', 'ITERATION', 'BEAT', 'PROGRESS']

function formatTable(loops: readonly RegisteredLoop[], now: string): string {
  const rows = [
    HEADINGS,
    ...loops.map(({ id, state, heartbeat }) => [
      printable(id),
      state,
      heartbeat?.status ?? '-',
      `${heartbeat?.iteration ?? '-'}`,
      formatAge(heartbeat?.beatAt, now),
      formatAge(heartbeat?.progressAt, now),
    ]),
  ]
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return [...lines, ...loops.flatMap(remarksOn)].join('\n')
}

function remarksOn(loop: RegisteredLoop): readonly string[] {
  const problem = whyNotHealthy(loop)
  const { heartbeat, stopRequestedAt, id } = loop
  return [
    ...(problem === null ? [] : [`${printable(problem)}.`]),
    ...(stopRequestedAt === null ? [] : [`${id} was asked to stop at ${stopRequestedAt}.`]),
    ...(heartbeat?.lastError == null ? [] : [`${id}: ${printable(heartbeat.lastError)}`]),
  ]
}

function formatAge(at: string | null | undefined, now: string): string {
  if (at == null) return '-'
  const seconds = Math.round((Date.parse(now) - Date.parse(at)) / 1000)
  if (Math.abs(seconds) < 120) return `${seconds} s ago`
  return Math.abs(seconds) < 7_200 ? `${Math.round(seconds / 60)} min ago` : at
}

async function stopLoops(snapshot: LoopsSnapshot, requested: string | null): Promise<number> {
  const { loops, whyIncomplete } = snapshot
  if (whyIncomplete !== null) console.error(`andon: ${printable(whyIncomplete)}.`)
  const alive = loops.filter(({ state }) => state === 'alive')
  if (requested === null && alive.length > 1) {
    const ids = alive.map(({ id }) => id).join(', ')
    return failWith(`more than one loop is alive (${ids}): name one, or use --all.`, EX_USAGE)
  }
  const chosen =
    requested === '--all'
      ? loops
      : requested === null
        ? aliveOrAll(alive, loops)
        : loops.filter(({ id }) => id === requested)
  if (chosen.length === 0) {
    if (whyIncomplete !== null) return failWith('cannot tell whether a loop is alive.', EXIT_UNKNOWN)
    if (requested === null || requested === '--all') return failWith('no loop is alive.', EXIT_PROBLEM)
    return failWith(`there is no loop "${printable(requested)}": \`loop status\` lists them.`, EXIT_PROBLEM)
  }
  const codes: number[] = []
  for (const loop of chosen) codes.push(await stopLoop(snapshot, loop))
  return Math.max(...codes)
}

function aliveOrAll(alive: readonly RegisteredLoop[], loops: readonly RegisteredLoop[]): readonly RegisteredLoop[] {
  return alive.length > 0 ? alive : loops
}

/** Tries the gentlest way first. Only a loop that is alive is asked, and only a process proven to be it gets a signal. */
async function stopLoop(
  snapshot: LoopsSnapshot,
  { id, state, reason, heartbeat, isProven }: RegisteredLoop,
): Promise<number> {
  const name = printable(id)
  if (state !== 'alive' || heartbeat === null) {
    const hint = isProven && heartbeat !== null ? `; to end it anyway, run \`kill ${heartbeat.pid}\`` : ''
    return failWith(`${name} is ${state} and was not asked: ${printable(reason)}${hint}.`, EXIT_PROBLEM)
  }
  if (heartbeat.host === hostname() && (await sendStopRequest(stopSocketPath(snapshot.dataDirectory, heartbeat)))) {
    console.log(`${name} is stopping.`)
    return EXIT_OK
  }
  if (snapshot.database !== null && (await requestStop(snapshot.database, id, snapshot.now))) {
    console.log(`${name} will stop at its next beat, within 15 s.`)
    return EXIT_OK
  }
  // Checked once more right before the signal, because asking took time.
  if (isProven && (await identifyProcess(heartbeat.pid, heartbeat.startedAtTicks)) === 'same') {
    process.kill(heartbeat.pid, 'SIGTERM')
    console.log(`${name} does not answer: process ${heartbeat.pid} was sent SIGTERM.`)
    return EXIT_OK
  }
  return failWith(
    `${name} cannot be reached from here: it has no socket, and no process is proven to be it.`,
    EXIT_UNKNOWN,
  )
}
