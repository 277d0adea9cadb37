// `loop status` and `loop stop`: for the moment when nothing else answers. They need no App, no key and no GitHub, and
// where the database is away they make do with the files of this machine.
import { hostname } from 'node:os'
import { readStoreConfig, type StoreConfig } from '../config.ts'
import { callStop } from '../process/control-socket.ts'
import { complain, EX_USAGE } from '../process/exit.ts'
import { identify } from '../process/process-identity.ts'
import type { Database } from '../store/database.ts'
import { askToStop, type LoopRow, readLoops } from '../store/loops.ts'
import { openPostgres } from '../store/postgres.ts'
import { printable } from '../text/printable.ts'
import { readHeartbeats, stopSocket } from '../watchdog/heartbeat-files.ts'
import { type Known, takeCensus } from '../watchdog/loop-registry.ts'
import { troubleWith } from '../watchdog/loops-health.ts'

const GOOD = 0
const BAD = 1
const CANNOT_TELL = 2

/** `loop status [--json]`, `loop stop [ID | --all]`; resolves to the exit code. */
export async function operateLoops(words: readonly string[]): Promise<number> {
  const [verb, word, ...rest] = words
  if (rest.length === 0) {
    if (verb === 'status' && (word === undefined || word === '--json')) return observed((seen) => status(seen, word))
    const isId = word === undefined || word === '--all' || !word.startsWith('-')
    if (verb === 'stop' && isId) return observed((seen) => stop(seen, word ?? null))
  }
  return complain(
    'say `loop status`, `loop status --json`, `loop stop ID` with an ID from that list, or `loop stop --all`.',
    EX_USAGE,
  )
}

type Seen = {
  readonly loops: readonly Known[]
  readonly now: string
  readonly dataDirectory: string
  /** Null where it is away, and where a process has it to itself: its files tell the same. */
  readonly database: Database | null
  /** Why loops on other machines are not seen; null when all of them are. */
  readonly blindness: string | null
}

async function observed(use: (seen: Seen) => Promise<number>): Promise<number> {
  const config = readStoreConfig(process.env)
  const { database, rows, blindness } = await readRows(config)
  try {
    const files = await readHeartbeats(config.dataDirectory)
    const now = new Date().toISOString()
    const loops = await takeCensus({ rows, files, now, host: hostname() })
    return await use({ loops, now, dataDirectory: config.dataDirectory, database, blindness })
  } catch (error) {
    return complain(`cannot tell: ${error instanceof Error ? error.message : error}.`, CANNOT_TELL)
  } finally {
    await database?.close().catch(() => undefined)
  }
}

async function readRows({
  databaseUrl,
}: StoreConfig): Promise<{ database: Database | null; rows: readonly LoopRow[]; blindness: string | null }> {
  if (databaseUrl === null) return { database: null, rows: [], blindness: null }
  const database = await openPostgres(databaseUrl, { connections: 1 })
  try {
    return { database, rows: await readLoops(database), blindness: null }
  } catch (error) {
    await database.close()
    const { code, message } = error as NodeJS.ErrnoException
    const why = `the database ${database.where} cannot be read (${code ?? message})`
    return { database: null, rows: [], blindness: `${why}: only the loops that ran in this folder are seen` }
  }
}

async function status(seen: Seen, word: '--json' | undefined): Promise<number> {
  const { loops, now, blindness } = seen
  if (word === '--json') console.log(JSON.stringify({ asOf: now, blindness, loops: loops.map(asJson) }, null, 2))
  else if (loops.length > 0) console.log(table(loops, now))
  if (blindness !== null) console.error(`andon: ${printable(blindness)}.`)
  if (loops.length > 0) return loops.every(({ state }) => state === 'alive') ? GOOD : BAD
  if (blindness !== null) return complain('cannot tell whether a loop is alive.', CANNOT_TELL)
  if (word === undefined) console.log('No loop is known: none was started, or all of them have ended well.')
  return BAD
}

function asJson(known: Known): object {
  const { id, state, isProgressing, heartbeat, stopAskedAt } = known
  return {
    id,
    alive: state === 'alive',
    progressing: isProgressing,
    state,
    reason: troubleWith(known),
    ...heartbeat,
    stopAskedAt,
  }
}

const HEADINGS = ['LOOP', 'STATE', 'DOING', 'ITERATION', 'BEAT', 'PROGRESS']

function table(loops: readonly Known[], now: string): string {
  const rows = [
    HEADINGS,
    ...loops.map(({ id, state, heartbeat }) => [
      printable(id),
      state,
      heartbeat?.status ?? '-',
      `${heartbeat?.iteration ?? '-'}`,
      ago(heartbeat?.beatAt, now),
      ago(heartbeat?.progressAt, now),
    ]),
  ]
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return [...lines, ...loops.flatMap(remarks)].join('\n')
}

function remarks(known: Known): readonly string[] {
  const trouble = troubleWith(known)
  const { heartbeat, stopAskedAt, id } = known
  return [
    ...(trouble === null ? [] : [`${printable(trouble)}.`]),
    ...(stopAskedAt === null ? [] : [`${id} was asked to stop at ${stopAskedAt}.`]),
    ...(heartbeat?.lastError == null ? [] : [`${id}: ${printable(heartbeat.lastError)}`]),
  ]
}

function ago(at: string | null | undefined, now: string): string {
  if (at == null) return '-'
  const seconds = Math.round((Date.parse(now) - Date.parse(at)) / 1000)
  if (Math.abs(seconds) < 120) return `${seconds} s ago`
  return Math.abs(seconds) < 7_200 ? `${Math.round(seconds / 60)} min ago` : at
}

async function stop(seen: Seen, wanted: string | null): Promise<number> {
  const { loops, blindness } = seen
  if (blindness !== null) console.error(`andon: ${printable(blindness)}.`)
  const alive = loops.filter(({ state }) => state === 'alive')
  if (wanted === null && alive.length > 1) {
    const ids = alive.map(({ id }) => id).join(', ')
    return complain(`more than one loop is alive (${ids}): say which, or --all.`, EX_USAGE)
  }
  const chosen =
    wanted === '--all' ? loops : wanted === null ? atLeastOne(alive, loops) : loops.filter(({ id }) => id === wanted)
  if (chosen.length === 0) {
    if (blindness !== null) return complain('cannot tell whether a loop is alive.', CANNOT_TELL)
    if (wanted === null || wanted === '--all') return complain('no loop is alive.', BAD)
    return complain(`there is no loop "${printable(wanted)}": \`loop status\` lists them.`, BAD)
  }
  const codes: number[] = []
  for (const known of chosen) codes.push(await stopOne(seen, known))
  return Math.max(...codes)
}

function atLeastOne(alive: readonly Known[], loops: readonly Known[]): readonly Known[] {
  return alive.length > 0 ? alive : loops
}

/** Asks in the order of courtesy. Only what is alive is asked, and only what is proven to be it gets a signal. */
async function stopOne(seen: Seen, { id, state, reason, heartbeat, isProven }: Known): Promise<number> {
  const name = printable(id)
  if (state !== 'alive' || heartbeat === null) {
    const left = isProven && heartbeat !== null ? `; if it must go, \`kill ${heartbeat.pid}\` is yours to say` : ''
    return complain(`${name} is ${state} and was not asked: ${printable(reason)}${left}.`, BAD)
  }
  if (heartbeat.host === hostname() && (await callStop(stopSocket(seen.dataDirectory, heartbeat)))) {
    console.log(`${name} is stopping.`)
    return GOOD
  }
  if (seen.database !== null && (await askToStop(seen.database, id, seen.now))) {
    console.log(`${name} will stop at its next beat, within 15 s.`)
    return GOOD
  }
  // Looked at once more, directly before: asking took its time.
  if (isProven && (await identify(heartbeat.pid, heartbeat.startedAtTicks)) === 'same') {
    process.kill(heartbeat.pid, 'SIGTERM')
    console.log(`${name} does not answer: process ${heartbeat.pid} was sent SIGTERM.`)
    return GOOD
  }
  return complain(
    `${name} cannot be reached from here: it has no socket, and no process is proven to be it.`,
    CANNOT_TELL,
  )
}
