// Is the database there, of this version, and does it tell its listeners? Is there a worker, and is there work that cannot be done?
import { type Finding, ok, type Reading, skipped, unknown, wrong } from './finding.ts'

/** What a database says of itself and of what is in it. Plain JSON: it may come through the control socket. */
export type DatabaseReading = {
  readonly kind: 'postgres' | 'embedded'
  /** Whether a running process was asked; else the database was opened for this. */
  readonly isRunning: boolean
  readonly location: string
  /** `17.6`. */
  readonly version: string
  readonly isReadOnly: boolean
  readonly pendingMigrations: readonly string[]
  /** Those that this version does not know. */
  readonly unknownMigrations: readonly string[]
  /** Whether a notification to itself arrived; null where all listeners are in one process. */
  readonly hearsItself: boolean | null
  /** Null while migrations are missing. */
  readonly content: DatabaseContent | null
}

export type DatabaseContent = {
  /** A worker is alive. */
  readonly isWorked: boolean
  /** Sentences about workers that are alive and get nothing done. */
  readonly stuck: readonly string[]
  readonly failedDeliveries: number
  readonly invalidFiles: readonly { readonly repository: string; readonly problem: string; readonly count: number }[]
}

/** `null`: the embedded database has not been made yet. */
export function examineDatabase(database: Reading<DatabaseReading | null> | null): readonly Finding[] {
  if (database === null) return [skipped('database', 'its settings are mistaken')]
  if ('failure' in database) {
    const { kind, words } = database.failure
    if (kind === 'silent')
      return [unknown('database', 'database-silent', words, 'Look whether it hangs, and at its log.')]
    return [
      wrong(
        'database',
        'database-unreachable',
        words,
        'Look whether it is running, and at DATABASE_URL or ANDON_DATA.',
      ),
    ]
  }
  const reading = database.value
  if (reading === null) return [skipped('database', 'the first start makes it')]
  const whatIsWrong = whyUnusable(reading)
  if (whatIsWrong !== null) return [whatIsWrong]
  const { kind, version, location, content } = reading
  const named = kind === 'embedded' ? `embedded in ${location}` : `${location}, Postgres ${version}`
  return [
    ok('database', reading.pendingMigrations.length > 0 ? `${named}; the next start migrates it` : named),
    ...examineNotifications(reading),
    ...(content === null ? [] : examineContent(content, reading)),
  ]
}

/** The oldest that the schema is tested with. */
const OLDEST_POSTGRES = 14

function whyUnusable(reading: DatabaseReading): Finding | null {
  const { kind, version, location, pendingMigrations, unknownMigrations, isReadOnly, isRunning } = reading
  if (Number.parseInt(version, 10) < OLDEST_POSTGRES)
    return wrong(
      'database',
      'database-old',
      `${location} is Postgres ${version}`,
      `Use Postgres ${OLDEST_POSTGRES} or newer.`,
    )
  if (unknownMigrations.length > 0)
    return wrong(
      'database',
      'database-newer',
      `${location} was migrated by a newer version of Andon (${unknownMigrations.join(', ')})`,
      'Run that version, or restore a backup from before.',
    )
  // The embedded database is migrated by the start of its one process.
  if (pendingMigrations.length > 0 && (kind === 'postgres' || isRunning))
    return wrong(
      'database',
      'database-migrations',
      `${location} lacks ${pendingMigrations.join(', ')}`,
      'Run `npm run -s andon -- migrate`.',
    )
  if (isReadOnly)
    return wrong('database', 'database-read-only', `${location} is read-only`, 'Point DATABASE_URL at the primary.')
  return null
}

function examineNotifications({ hearsItself }: DatabaseReading): readonly Finding[] {
  if (hearsItself === null) return [skipped('notifications', 'need no connection: there is one process')]
  if (hearsItself) return [ok('notifications', 'arrive at once')]
  return [
    wrong(
      'notifications',
      'pooler',
      'a notification to itself does not arrive: a pooler in transaction mode swallows LISTEN, and every reaction takes up to ten seconds',
      'Let DATABASE_URL lead to Postgres itself, or to a pooler in session mode.',
    ),
  ]
}

function examineContent(content: DatabaseContent, { kind, isRunning }: DatabaseReading): readonly Finding[] {
  const { failedDeliveries, invalidFiles } = content
  const failed =
    failedDeliveries === 0
      ? []
      : [
          wrong(
            'deliveries',
            'deliveries-not-applied',
            `${failedDeliveries} ${failedDeliveries === 1 ? 'delivery was' : 'deliveries were'} accepted and could not be applied`,
            'Run `npm run -s andon -- deliveries`, which says why, then `deliveries replay ID`.',
          ),
        ]
  const isOff = kind === 'embedded' && !isRunning
  return [
    ...failed,
    isOff ? skipped('workers', 'Andon does not run') : examineWorkers(content),
    ...examineFiles(invalidFiles),
  ]
}

function examineWorkers({ isWorked, stuck }: DatabaseContent): Finding {
  if (!isWorked)
    return wrong(
      'workers',
      'no-worker',
      'no worker is alive: nothing is sent to GitHub',
      'Start one: `npm run -s andon -- worker` (or `npm start` for everything).',
    )
  const [first, ...more] = stuck
  if (first === undefined) return ok('workers', 'alive, and they get on')
  const todo = 'Look at its log, and restart it: `npm run -s andon -- loop status` names it.'
  return wrong('workers', 'worker-stuck', more.length === 0 ? first : `${first} (and ${more.length} more)`, todo)
}

function examineFiles(files: DatabaseContent['invalidFiles']): readonly Finding[] {
  if (files.length === 0) return [ok('configuration', 'no mistake is known')]
  return files.map(({ repository, problem, count }) =>
    wrong(
      'configuration',
      'andon-yml',
      `.github/andon.yml of ${repository}: ${problem}${count > 1 ? ` (and ${count - 1} more)` : ''}`,
      'Correct it there: `npm run -s andon -- check` in a checkout finds all mistakes.',
    ),
  )
}
