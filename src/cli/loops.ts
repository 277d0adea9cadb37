// `loop status` and `loop stop`: for the moment when nothing else answers. They need no App, no key and no GitHub, and
// where the database is away they make do with the files of this machine.
import { hostname } from 'node:os'
import { type DatabaseConfig, readDatabaseConfig } from '../config.ts'
import { sendStopRequest } from '../process/control-socket.ts'
import { EX_USAGE, failWith } from '../process/exit.ts'
import { identifyProcess } from '../process/process-identity.ts'
import type { Database } from '../store/database.ts'
import { type LoopRow, loadLoops, requestStop } from '../store/loops.ts'
import { openPostgresDatabase } from '../store/postgres.ts'
import { printable } from '../text/printable.ts'
import { readHeartbeatFiles, stopSocketPath } from '../watchdog/heartbeat-files.ts'
import { listRegisteredLoops, type RegisteredLoop } from '../watchdog/loop-registry.ts'
import { whyNotHealthy } from '../watchdog/loops-health.ts'

const EXIT_OK = 0
const EXIT_PROBLEM = 1
const EXIT_UNKNOWN = 2

/** `loop status [--json]`, `loop stop [ID | --all]`; resolves to the exit code. */
export async function runLoopCommand(words: readonly string[]): Promise<number> {
  const [verb, word, ...rest] = words
  if (rest.length === 0) {
    if (verb === 'status' && (word === undefined || word === '--json'))
      return withLoopsSnapshot((seen) => printStatus(seen, word))
    const isId = word === undefined || word === '--all' || !word.startsWith('-')
    if (verb === 'stop' && isId) return withLoopsSnapshot((seen) => stopLoops(seen, word ?? null))
  }
  return failWith(
    'say `loop status`, `loop status --json`, `loop stop ID` with an ID from that list, or `loop stop --all`.',
    EX_USAGE,
  )
}

type LoopsSnapshot = {
  readonly loops: readonly RegisteredLoop[]
  readonly now: string
  readonly dataDirectory: string
  /** Null where it is away, and where a process has it to itself: its files tell the same. */
  readonly database: Database | null
  /** Why loops on other machines are not seen; null when all of them are. */
  readonly whyIncomplete: string | null
}

async function withLoopsSnapshot(use: (seen: LoopsSnapshot) => Promise<number>): Promise<number> {
  const config = readDatabaseConfig(process.env)
  const { database, rows, blindness: whyIncomplete } = await loadLoopRows(config)
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
}: DatabaseConfig): Promise<{ database: Database | null; rows: readonly LoopRow[]; blindness: string | null }> {
  if (databaseUrl === null) return { database: null, rows: [], blindness: null }
  const database = await openPostgresDatabase(databaseUrl, { connections: 1 })
  try {
    return { database, rows: await loadLoops(database), blindness: null }
  } catch (error) {
    await database.close()
    const { code, message } = error as NodeJS.ErrnoException
    const why = `the database ${database.location} cannot be read (${code ?? message})`
    return { database: null, rows: [], blindness: `${why}: only the loops that ran in this folder are seen` }
  }
}

async function printStatus(seen: LoopsSnapshot, word: '--json' | undefined): Promise<number> {
  const { loops, now, whyIncomplete } = seen
  if (word === '--json')
    console.log(JSON.stringify({ asOf: now, blindness: whyIncomplete, loops: loops.map(toJson) }, null, 2))
  else if (loops.length > 0) console.log(formatTable(loops, now))
  if (whyIncomplete !== null) console.error(`andon: ${printable(whyIncomplete)}.`)
  if (loops.length > 0) return loops.every(({ state }) => state === 'alive') ? EXIT_OK : EXIT_PROBLEM
  if (whyIncomplete !== null) return failWith('cannot tell whether a loop is alive.', EXIT_UNKNOWN)
  if (word === undefined) console.log('No loop is known: none was started, or all of them have ended well.')
  return EXIT_PROBLEM
}

function toJson(known: RegisteredLoop): object {
  const { id, state, isProgressing, heartbeat, stopRequestedAt } = known
  return {
    id,
    alive: state === 'alive',
    progressing: isProgressing,
    state,
    reason: whyNotHealthy(known),
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

function remarksOn(known: RegisteredLoop): readonly string[] {
  const trouble = whyNotHealthy(known)
  const { heartbeat, stopRequestedAt, id } = known
  return [
    ...(trouble === null ? [] : [`${printable(trouble)}.`]),
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

async function stopLoops(seen: LoopsSnapshot, wanted: string | null): Promise<number> {
  const { loops, whyIncomplete } = seen
  if (whyIncomplete !== null) console.error(`andon: ${printable(whyIncomplete)}.`)
  const alive = loops.filter(({ state }) => state === 'alive')
  if (wanted === null && alive.length > 1) {
    const ids = alive.map(({ id }) => id).join(', ')
    return failWith(`more than one loop is alive (${ids}): say which, or --all.`, EX_USAGE)
  }
  const chosen =
    wanted === '--all' ? loops : wanted === null ? aliveOrAll(alive, loops) : loops.filter(({ id }) => id === wanted)
  if (chosen.length === 0) {
    if (whyIncomplete !== null) return failWith('cannot tell whether a loop is alive.', EXIT_UNKNOWN)
    if (wanted === null || wanted === '--all') return failWith('no loop is alive.', EXIT_PROBLEM)
    return failWith(`there is no loop "${printable(wanted)}": \`loop status\` lists them.`, EXIT_PROBLEM)
  }
  const codes: number[] = []
  for (const known of chosen) codes.push(await stopLoop(seen, known))
  return Math.max(...codes)
}

function aliveOrAll(alive: readonly RegisteredLoop[], loops: readonly RegisteredLoop[]): readonly RegisteredLoop[] {
  return alive.length > 0 ? alive : loops
}

/** Asks in the order of courtesy. Only what is alive is asked, and only what is proven to be it gets a signal. */
async function stopLoop(
  seen: LoopsSnapshot,
  { id, state, reason, heartbeat, isProven }: RegisteredLoop,
): Promise<number> {
  const name = printable(id)
  if (state !== 'alive' || heartbeat === null) {
    const left = isProven && heartbeat !== null ? `; if it must go, \`kill ${heartbeat.pid}\` is yours to say` : ''
    return failWith(`${name} is ${state} and was not asked: ${printable(reason)}${left}.`, EXIT_PROBLEM)
  }
  if (heartbeat.host === hostname() && (await sendStopRequest(stopSocketPath(seen.dataDirectory, heartbeat)))) {
    console.log(`${name} is stopping.`)
    return EXIT_OK
  }
  if (seen.database !== null && (await requestStop(seen.database, id, seen.now))) {
    console.log(`${name} will stop at its next beat, within 15 s.`)
    return EXIT_OK
  }
  // Looked at once more, directly before: asking took its time.
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
