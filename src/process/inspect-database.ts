// What the doctor asks of a database. It reads, and changes nothing.
import { hostname } from 'node:os'
import { sql } from 'kysely'
import type { DatabaseContent, DatabaseReading } from '../doctor/database.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { hearsItself } from '../store/hears-itself.ts'
import { listInvalidConfigFiles } from '../store/invalid-config-files.ts'
import { loadLoops } from '../store/loops.ts'
import { listPendingMigrations, listUnknownMigrations } from '../store/migrate.ts'
import { IS_READ_ONLY } from '../store/readiness.ts'
import { listRegisteredLoops } from '../watchdog/loop-registry.ts'
import { whyNotHealthy } from '../watchdog/loops-health.ts'

export async function inspectDatabase(
  database: Database,
  { isRunning, now }: { isRunning: boolean; now: Instant },
): Promise<DatabaseReading> {
  const { kind, location, kysely } = database
  const { rows } = await sql<{ version: string; isReadOnly: boolean }>`
    select current_setting('server_version') as version, ${IS_READ_ONLY} as "isReadOnly"
  `.execute(kysely)
  const { version = '0', isReadOnly = false } = rows[0] ?? {}
  const pendingMigrations = await listPendingMigrations(database)
  const [unknownMigrations, isEchoed, content] = await Promise.all([
    listUnknownMigrations(database),
    hearsItself(database),
    pendingMigrations.length > 0 ? null : readContent(database, now),
  ])
  return {
    kind,
    isRunning,
    location,
    version: version.split(' ')[0] ?? version,
    isReadOnly,
    pendingMigrations,
    unknownMigrations,
    hearsItself: isEchoed,
    content,
  }
}

async function readContent(database: Database, now: Instant): Promise<DatabaseContent> {
  const [rows, invalid, failed] = await Promise.all([
    loadLoops(database),
    listInvalidConfigFiles(database.kysely, sql`removed_at is null`),
    database.kysely
      .selectFrom('deliveries')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('state', '=', 'failed')
      .executeTakeFirstOrThrow(),
  ])
  const loops = await listRegisteredLoops({ rows, files: [], now, host: hostname() })
  const alive = loops.filter(({ state }) => state === 'alive')
  return {
    isWorked: alive.length > 0,
    stuck: alive.flatMap((loop) => whyNotHealthy(loop) ?? []),
    failedDeliveries: Number(failed.count),
    invalidFiles: invalid.map(({ repository, problems }) => {
      const { fileLine = 1, message = '' } = problems[0] ?? {}
      return { repository, problem: `line ${fileLine}: ${message}`, count: problems.length }
    }),
  }
}
